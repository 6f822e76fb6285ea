#include "dfkd/methods/class_batches.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace dfkd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

at::Tensor Labels(const std::vector<int64_t>& labels) { return at::tensor(labels, at::kLong); }

std::vector<int64_t> Numbers(const at::Tensor& labels) {
  const auto* data = labels.const_data_ptr<int64_t>();
  return {data, data + labels.numel()};
}

// Batches of 8 of three classes: 0 1 2 0 1 2 and two more.
at::Tensor Training() { return Labels({0, 1, 2, 0, 1, 2, 2, 0}); }

TEST(ClassBatchesTest, AClassStandsOnceWhereANoisyLayerIsShared) {
  const std::vector<ClassBatch> batches = SpreadOverBatches(Labels({1, 1, 1, 1}), 8, 3, Training);
  ASSERT_EQ(batches.size(), 2u);
  // Beside each 1 stand the classes that training shows there, too.
  EXPECT_THAT(Numbers(batches[0].labels), ElementsAre(1, 0, 2, 1, 0, 2, 1, 2));
  EXPECT_THAT(batches[0].places, ElementsAre(0, 3, 6));
  EXPECT_THAT(batches[0].wanted, ElementsAre(0, 1, 2));
  EXPECT_THAT(Numbers(batches[1].labels), ElementsAre(1, 0, 2, 0, 1, 2, 2, 0));
  EXPECT_THAT(batches[1].places, ElementsAre(0));
  EXPECT_THAT(batches[1].wanted, ElementsAre(3));
}

TEST(ClassBatchesTest, AllClassesInOrderAreBatchesAsTheyAre) {
  int asked = 0;
  const at::Tensor labels = at::cat({at::arange(3, at::kLong), at::arange(3, at::kLong)});
  const std::vector<ClassBatch> batches = SpreadOverBatches(labels, 6, 3, [&] {
    ++asked;
    return labels;
  });
  ASSERT_EQ(batches.size(), 1u);
  EXPECT_TRUE(batches[0].labels.equal(labels));
  EXPECT_THAT(batches[0].places, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(batches[0].wanted, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_EQ(asked, 0);
}

TEST(ClassBatchesTest, ASmallBatchTakesClassesInTurn) {
  // Batches of 2, three classes: 0 1, 2 0, 1 2.
  const std::vector<ClassBatch> batches =
      SpreadOverBatches(Labels({0, 1, 2, 0, 1, 2}), 2, 3, Training);
  ASSERT_EQ(batches.size(), 3u);
  EXPECT_THAT(batches[0].wanted, ElementsAre(0, 1));
  EXPECT_THAT(batches[1].wanted, ElementsAre(2, 3));
  EXPECT_THAT(batches[2].wanted, ElementsAre(4, 5));
}

TEST(ClassBatchesTest, EveryImageHasOnePlaceOfItsClass) {
  const at::Tensor labels = Labels({2, 0, 0, 2, 2, 2, 1, 2, 0});
  std::vector<int64_t> seen;
  for (const ClassBatch& batch : SpreadOverBatches(labels, 8, 3, Training)) {
    ASSERT_EQ(batch.labels.size(0), 8);
    ASSERT_EQ(batch.places.size(), batch.wanted.size());
    for (size_t i = 0; i < batch.places.size(); ++i) {
      seen.push_back(batch.wanted[i]);
      EXPECT_EQ(batch.labels[batch.places[i]].item<int64_t>(),
                labels[batch.wanted[i]].item<int64_t>());
    }
  }
  EXPECT_THAT(seen, ::testing::UnorderedElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8));
}

TEST(ClassBatchesTest, NoImageNeedsABatch) {
  EXPECT_THAT(SpreadOverBatches(at::zeros({0}, at::kLong), 8, 3, Training), IsEmpty());
}

}  // namespace
}  // namespace dfkd
