#include "dfkd/pool/pool_mirror.h"

#include <ATen/ops/arange.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "dfkd/core/fault_injection.h"
#include "dfkd/core/files.h"
#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

std::unique_ptr<Pool> EmptyPool(int64_t max_images) {
  const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
  auto pool = Pool::Open(JoinPath(::testing::TempDir(), absl::StrCat("mirror.", info->name())),
                         {.channels = 1, .height = 2, .width = 2, .max_images = max_images},
                         PosixWithoutSync());
  EXPECT_THAT(pool, IsOk());
  EXPECT_OK((*pool)->Clear());
  return *std::move(pool);
}

// `count` images more, each with the next number everywhere.
void AppendNext(Pool& pool, int64_t count) {
  const at::Tensor numbers = at::arange(pool.appended(), pool.appended() + count);
  EXPECT_OK(pool.Append(numbers.to(at::kByte).view({-1, 1, 1, 1}).expand({-1, 1, 2, 2}), numbers,
                        /*round=*/0));
}

// Through the mirror, index by index, the pool's images are seen.
void ExpectMirrors(const PoolMirror& mirror, const Pool& pool) {
  const at::Tensor all = at::arange(pool.size());
  EXPECT_TRUE(mirror.images().index_select(0, mirror.Places(all)).equal(pool.Images(all)));
}

TEST(PoolMirror, FollowsAPoolThatGrows) {
  const auto pool = EmptyPool(/*max_images=*/0);
  PoolMirror mirror(*pool, at::kCPU, /*max_bytes=*/1 << 20);
  for (const int64_t more : {3, 1, 10, 0, 30}) {
    AppendNext(*pool, more);
    ASSERT_TRUE(mirror.Update());
    ExpectMirrors(mirror, *pool);
  }
}

TEST(PoolMirror, FollowsARingRoundItsEnd) {
  const auto pool = EmptyPool(/*max_images=*/8);
  PoolMirror mirror(*pool, at::kCPU, /*max_bytes=*/1 << 20);
  // 13 in one go: some of them have left the ring before they are seen.
  for (const int64_t more : {3, 4, 5, 2, 13}) {
    AppendNext(*pool, more);
    ASSERT_TRUE(mirror.Update());
    EXPECT_EQ(mirror.images().size(0), 8);
    ExpectMirrors(mirror, *pool);
  }
}

TEST(PoolMirror, HoldsNothingOfAPoolThatDoesNotFit) {
  const auto pool = EmptyPool(/*max_images=*/0);
  PoolMirror mirror(*pool, at::kCPU, /*max_bytes=*/20);
  AppendNext(*pool, 5);  // of 4 bytes each
  ASSERT_TRUE(mirror.Update());
  ExpectMirrors(mirror, *pool);
  AppendNext(*pool, 1);
  EXPECT_FALSE(mirror.Update());
  EXPECT_FALSE(mirror.images().defined());
}

}  // namespace
}  // namespace dfkd
