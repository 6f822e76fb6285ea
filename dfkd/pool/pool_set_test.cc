#include "dfkd/pool/pool_set.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "dfkd/core/fault_injection.h"
#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

std::string EmptyDir() {
  const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
  const std::string dir = JoinPath(::testing::TempDir(), absl::StrCat("pools.", info->name()));
  RestoreDisk({}, "", dir);
  return dir;
}

PoolOptions Square(int64_t side) { return {.channels = 1, .height = side, .width = side}; }

std::unique_ptr<PoolSet> Open(const std::string& dir, const std::vector<PoolOptions>& options) {
  auto set = PoolSet::Open(dir, options, at::kCPU, PosixWithoutSync());
  EXPECT_THAT(set, IsOk());
  return *std::move(set);
}

// `count` black images.
absl::Status AppendTo(Pool& pool, int64_t count) {
  const int64_t side = pool.options().height;
  return pool.Append(at::zeros({count, 1, side, side}, at::kByte), at::arange(count), 0);
}

TEST(PoolSetTest, ASinglePoolLiesInTheFolderItself) {
  const std::string dir = EmptyDir();
  const auto set = Open(dir, {Square(4)});
  ASSERT_OK(AppendTo(set->pool(), 3));
  EXPECT_EQ(set->size(), 3);
  EXPECT_EQ(set->mirror(), nullptr);
  const auto alone = Pool::Open(dir, Square(4), PosixWithoutSync());
  ASSERT_THAT(alone, IsOk());
  EXPECT_EQ((*alone)->size(), 3);
}

TEST(PoolSetTest, EachSizeHasAFolderOfItsOwn) {
  const std::string dir = EmptyDir();
  const auto set = Open(dir, {Square(4), Square(2)});
  ASSERT_OK(AppendTo(set->pool(0), 3));
  ASSERT_OK(AppendTo(set->pool(1), 5));
  EXPECT_EQ(set->size(), 8);
  EXPECT_EQ(set->pixels(), 3 * 16 + 5 * 4);
  EXPECT_TRUE(FileExists(JoinPath(dir, "4x4/segment-000000.bin")));
  EXPECT_TRUE(FileExists(JoinPath(dir, "2x2/segment-000000.bin")));
}

TEST(PoolSetTest, AllGoBackToACheckpointTogether) {
  const std::string dir = EmptyDir();
  State state;
  {
    const auto set = Open(dir, {Square(4), Square(2)});
    ASSERT_OK(AppendTo(set->pool(0), 3));
    ASSERT_OK(AppendTo(set->pool(1), 5));
    ASSERT_OK(set->Sync());
    set->Save(StateWriter(&state));
    ASSERT_OK(AppendTo(set->pool(0), 1));
    ASSERT_OK(AppendTo(set->pool(1), 1));
  }
  const auto set = Open(dir, {Square(4), Square(2)});
  ASSERT_OK(set->Restore(StateReader(&state)));
  EXPECT_EQ(set->pool(0).size(), 3);
  EXPECT_EQ(set->pool(1).size(), 5);
  EXPECT_EQ(set->pixels(), 3 * 16 + 5 * 4);
  ASSERT_OK(set->Clear());
  EXPECT_EQ(set->size(), 0);
  EXPECT_EQ(set->pixels(), 0);
}

}  // namespace
}  // namespace dfkd
