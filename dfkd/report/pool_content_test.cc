#include "dfkd/report/pool_content.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(PoolContent, FillsARow) {
  MetricsRow row = {{"loss", 1}};
  PoolContent{.images = 23, .pixels = 16384, .images_per_class = 4, .data_ratio = 8}.AddTo(&row);
  EXPECT_THAT(row, ElementsAre(Pair("loss", 1), Pair("pool_data_ratio", 8), Pair("pool_images", 23),
                               Pair("pool_images_per_class", 4), Pair("pool_pixels", 16384)));
}

TEST(PoolContent, WithoutAnOriginalSetThereIsNoDataRatio) {
  MetricsRow row;
  PoolContent{.images = 23, .pixels = 16384, .images_per_class = 4, .data_ratio = {}}.AddTo(&row);
  EXPECT_THAT(row, ElementsAre(Pair("pool_images", 23), Pair("pool_images_per_class", 4),
                               Pair("pool_pixels", 16384)));
}

}  // namespace
}  // namespace dfkd
