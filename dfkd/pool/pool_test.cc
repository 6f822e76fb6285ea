#include "dfkd/pool/pool.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/fault_injection.h"
#include "dfkd/core/files.h"
#include "dfkd/core/state.h"
#include "dfkd/core/status.h"
#include "dfkd/core/testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;

std::string EmptyDir(absl::string_view suffix = "") {
  const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
  const std::string dir =
      JoinPath(::testing::TempDir(), absl::StrCat("pool.", info->name(), suffix));
  RestoreDisk({}, "", dir);
  return dir;
}

// Images of 2x2 pixels; a block of two is 24 + 2 * (4 + 4) = 40 bytes, two of them fit a segment.
PoolOptions Small(int64_t max_images = 0) {
  return {.channels = 1, .height = 2, .width = 2, .max_images = max_images, .segment_bytes = 150};
}

std::unique_ptr<Pool> Open(const std::string& dir, const PoolOptions& options = Small(),
                           FileSystem* files = PosixWithoutSync()) {
  auto pool = Pool::Open(dir, options, files);
  EXPECT_THAT(pool, IsOk());
  return *std::move(pool);
}

// Image i shows i everywhere and has label 1000 + i: numbers `begin` to `end`.
absl::Status AppendNumbers(Pool& pool, int64_t begin, int64_t end, int64_t round = 0) {
  const at::Tensor numbers = at::arange(begin, end);
  return pool.Append(numbers.to(at::kByte).view({-1, 1, 1, 1}).expand({-1, 1, 2, 2}),
                     numbers.add(1000), round);
}

// The images that can be drawn, by the number that each shows; -1 for one that is not whole.
std::vector<int64_t> Numbers(const Pool& pool) {
  const at::Tensor all = at::arange(pool.size());
  const at::Tensor images = pool.Images(all);
  const at::Tensor labels = pool.Labels(all);
  std::vector<int64_t> numbers;
  for (int64_t i = 0; i < pool.size(); ++i) {
    const int64_t number = labels[i].item<int64_t>() - 1000;
    const bool whole = images[i].equal(at::full({1, 2, 2}, number, at::kByte));
    numbers.push_back(whole ? number : -1);
  }
  return numbers;
}

std::vector<int64_t> Range(int64_t begin, int64_t end) {
  std::vector<int64_t> numbers;
  for (int64_t i = begin; i < end; ++i) numbers.push_back(i);
  return numbers;
}

State SaveOf(const Pool& pool) {
  State state;
  pool.Save(StateWriter(&state));
  return state;
}

TEST(PoolTest, ImagesComeBackByIndex) {
  const std::string dir = EmptyDir();
  auto pool = Open(dir);
  EXPECT_EQ(pool->size(), 0);
  for (int i = 0; i < 10; i += 2) ASSERT_OK(AppendNumbers(*pool, i, i + 2));
  EXPECT_EQ(pool->size(), 10);
  EXPECT_EQ(Numbers(*pool), Range(0, 10));
  const at::Tensor index = at::tensor({9, 0, 4, 4}, at::kLong);
  EXPECT_TRUE(pool->Labels(index).equal(at::tensor({1009, 1000, 1004, 1004}, at::kLong)));
  EXPECT_TRUE(pool->Images(index).select(1, 0).select(1, 0).select(1, 0).equal(
      at::tensor({9, 0, 4, 4}, at::kByte)));
  // Two blocks to a segment.
  ASSERT_OK_AND_ASSIGN(const std::vector<std::string> names, ListDirectory(dir));
  EXPECT_THAT(names, ElementsAre("segment-000000.bin", "segment-000001.bin", "segment-000002.bin"));
}

TEST(PoolTest, FloatsAreClampedAndTruncated) {
  auto pool = Open(EmptyDir(), {.channels = 1, .height = 1, .width = 7});
  const at::Tensor values = at::tensor({-0.5, 0.0, 0.5, 0.999, 1.0, 2.0, 1.0 / 255}, at::kFloat);
  ASSERT_OK(pool->Append(values.view({1, 1, 1, 7}), at::tensor({-1}, at::kLong), 0));
  // 0.5 * 255 = 127.5 and 0.999 * 255 = 254.7: truncated, not rounded.
  EXPECT_TRUE(pool->Images(at::zeros({1}, at::kLong))
                  .flatten()
                  .equal(at::tensor({0, 0, 127, 254, 255, 255, 1}, at::kByte)));
  EXPECT_EQ(pool->Labels(at::zeros({1}, at::kLong))[0].item<int64_t>(), -1);
}

TEST(PoolTest, AnyLayoutAndAnyBlockSizeIsTaken) {
  auto pool = Open(EmptyDir());
  ASSERT_OK(AppendNumbers(*pool, 0, 0));
  ASSERT_OK(AppendNumbers(*pool, 0, 1));
  ASSERT_OK(AppendNumbers(*pool, 1, 101));  // larger than a segment
  ASSERT_OK(AppendNumbers(*pool, 101, 102));
  EXPECT_EQ(Numbers(*pool), Range(0, 102));
}

TEST(PoolTest, AnotherProcessFindsWhatWasAppended) {
  const std::string dir = EmptyDir();
  {
    auto pool = Open(dir);
    for (int i = 0; i < 6; i += 2) ASSERT_OK(AppendNumbers(*pool, i, i + 2));
    ASSERT_OK(pool->Sync());
  }
  auto pool = Open(dir);
  EXPECT_EQ(Numbers(*pool), Range(0, 6));
  ASSERT_OK(AppendNumbers(*pool, 6, 8));
  EXPECT_EQ(Numbers(*Open(dir)), Range(0, 8));
}

TEST(PoolTest, AFolderWithImagesOfAnotherSizeIsRefused) {
  const std::string dir = EmptyDir();
  ASSERT_OK(AppendNumbers(*Open(dir), 0, 2));
  PoolOptions other = Small();
  other.channels = 3;
  EXPECT_THAT(Pool::Open(dir, other, PosixWithoutSync()),
              StatusMessageIs(absl::StrCat("the pool in ", dir,
                                           " holds images of 1x2x2; this "
                                           "experiment makes 3x2x2; choose another folder")));
}

TEST(PoolTest, ARingShowsTheNewestAndFreesSegmentsThatNoCheckpointNeeds) {
  const std::string dir = EmptyDir();
  auto pool = Open(dir, Small(3));
  State before_last;
  for (int i = 0; i < 40; i += 2) {
    ASSERT_OK(AppendNumbers(*pool, i, i + 2));
    if (i == 34) before_last = SaveOf(*pool);
    if (i == 36) SaveOf(*pool);
  }
  EXPECT_EQ(pool->size(), 3);
  EXPECT_EQ(pool->appended(), 40);
  EXPECT_EQ(Numbers(*pool), Range(37, 40));
  // The cursor at 36 needs images 33 to 36; a segment of four holds 32 to 35.
  ASSERT_OK_AND_ASSIGN(const std::vector<std::string> names, ListDirectory(dir));
  EXPECT_THAT(names, ElementsAre("segment-000008.bin", "segment-000009.bin"));

  auto resumed = Open(dir, Small(3));
  EXPECT_EQ(Numbers(*resumed), Range(37, 40));
  ASSERT_OK(resumed->Restore(StateReader(&before_last)));
  EXPECT_EQ(Numbers(*resumed), Range(33, 36));
  EXPECT_EQ(resumed->appended(), 36);
}

TEST(PoolTest, OneThatStopsWhenFullKeepsTheOldest) {
  PoolOptions options = Small(5);
  options.stop_when_full = true;
  const auto pool = Open(EmptyDir(), options);
  ASSERT_OK(AppendNumbers(*pool, 0, 3));
  ASSERT_OK(AppendNumbers(*pool, 3, 6));
  ASSERT_OK(AppendNumbers(*pool, 6, 9));
  EXPECT_EQ(Numbers(*pool), Range(0, 5));
  EXPECT_EQ(pool->appended(), 5);
}

TEST(PoolTest, RestoringDropsWhatCameAfterTheCursor) {
  for (const int64_t kept : {0, 2, 4, 6, 8, 10}) {
    const std::string dir = EmptyDir();
    auto pool = Open(dir);
    State cursor = SaveOf(*pool);
    for (int i = 0; i < 10; i += 2) {
      ASSERT_OK(AppendNumbers(*pool, i, i + 2));
      if (i + 2 == kept) cursor = SaveOf(*pool);
    }
    auto resumed = Open(dir);
    ASSERT_OK(resumed->Restore(StateReader(&cursor)));
    EXPECT_EQ(Numbers(*resumed), Range(0, kept));
    EXPECT_EQ(Numbers(*Open(dir)), Range(0, kept));
    // The run goes on where it was, and its files equal an uninterrupted run's.
    for (int64_t i = kept; i < 10; i += 2) ASSERT_OK(AppendNumbers(*resumed, i, i + 2));
    EXPECT_EQ(SaveOf(*resumed).values, SaveOf(*pool).values);
    EXPECT_EQ(Numbers(*Open(dir)), Range(0, 10));
  }
}

TEST(PoolTest, ACursorThatThePoolDoesNotReachIsRefused) {
  const std::string dir = EmptyDir();
  State cursor;
  {
    auto pool = Open(dir);
    ASSERT_OK(AppendNumbers(*pool, 0, 2));
    ASSERT_OK(AppendNumbers(*pool, 2, 4));
    cursor = SaveOf(*pool);
  }
  RestoreDisk({}, "", dir);
  auto pool = Open(dir);
  ASSERT_OK(AppendNumbers(*pool, 0, 2));
  const absl::Status status = pool->Restore(StateReader(&cursor));
  EXPECT_THAT(status,
              StatusMessageIs(absl::StrCat(
                  "the pool in ", dir,
                  " holds images 0 to 2; the checkpoint needs 0 to 4; "
                  "bring the pool's files back, or remove the run's folder to begin anew")));
  EXPECT_EQ(ExitCodeOf(status), kExitStorage);
  EXPECT_EQ(Numbers(*pool), Range(0, 2));
  // As many images, but others.
  ASSERT_OK(AppendNumbers(*pool, 5, 7));
  EXPECT_THAT(pool->Restore(StateReader(&cursor)),
              StatusMessageHas("holds images 0 to 4 of another run; the checkpoint needs 0 to 4"));
}

TEST(PoolTest, ARingThatLostItsOldestImagesIsRefused) {
  const std::string dir = EmptyDir();
  State cursor;
  {
    auto pool = Open(dir, Small(8));
    for (int i = 0; i < 8; i += 2) ASSERT_OK(AppendNumbers(*pool, i, i + 2));
    cursor = SaveOf(*pool);
  }
  ASSERT_OK(FileSystem::Posix()->Remove(JoinPath(dir, "segment-000000.bin")));
  EXPECT_THAT(Open(dir, Small(8))->Restore(StateReader(&cursor)),
              StatusMessageHas("holds images 4 to 8; the checkpoint needs 0 to 8"));
}

TEST(PoolTest, AfterAnErrorThePoolIsAsBeforeAndGoesOn) {
  const QuietLog quiet;
  for (const Fault fault : kAllFaults) {
    for (int n = 1;; ++n) {
      const std::string dir = EmptyDir();
      FaultInjectingFileSystem files(PosixWithoutSync(), n, fault);
      auto opened = Pool::Open(dir, Small(), &files);
      if (!opened.ok()) continue;
      Pool& pool = **opened;
      int64_t numbers = 0;
      absl::Status synced;
      while (numbers < 10) {
        const absl::Status status = AppendNumbers(pool, numbers, numbers + 2);
        EXPECT_EQ(ExitCodeOf(status), status.ok() ? kExitDone : kExitStorage);
        if (status.ok()) numbers += 2;
        EXPECT_EQ(Numbers(pool), Range(0, numbers)) << n;
        EXPECT_EQ(Numbers(*Open(dir)), Range(0, numbers)) << n;
        pool.Sync().IgnoreError();
      }
      ASSERT_OK(pool.Sync());
      EXPECT_EQ(Numbers(*Open(dir)), Range(0, 10));
      if (!files.fired()) break;
    }
  }
}

TEST(PoolTest, WhatWasSyncedSurvivesACrashAtAnyMoment) {
  const std::string dir = EmptyDir();
  const std::string replayed = EmptyDir(".replayed");
  const QuietLog quiet;
  TracingFileSystem files(PosixWithoutSync());
  auto pool = Open(dir, Small(4), &files);
  struct Checkpoint {
    size_t operations;
    int64_t images;
    State cursor;
  };
  std::vector<Checkpoint> checkpoints = {{0, 0, SaveOf(*pool)}};
  for (int64_t i = 0; i < 24; i += 4) {
    ASSERT_OK(AppendNumbers(*pool, i, i + 2));
    ASSERT_OK(AppendNumbers(*pool, i + 2, i + 4));
    ASSERT_OK(pool->Sync());
    checkpoints.push_back({files.operations(), i + 4, SaveOf(*pool)});
  }
  for (size_t n = 0; n <= files.operations(); ++n) {
    size_t last = 0;
    while (last + 1 < checkpoints.size() && checkpoints[last + 1].operations <= n) ++last;
    for (const Unsynced unsynced : kAllUnsynced) {
      // The checkpoint may be the last one, or, if that was damaged, the one before.
      for (size_t c = last > 0 ? last - 1 : 0; c <= last; ++c) {
        SCOPED_TRACE(absl::StrCat(n, " operations, kind ", static_cast<int>(unsynced)));
        RestoreDisk(files.DiskAfter(n, unsynced), dir, replayed);
        auto resumed = Open(replayed, Small(4));
        ASSERT_OK(resumed->Restore(StateReader(&checkpoints[c].cursor)));
        const int64_t images = checkpoints[c].images;
        EXPECT_EQ(Numbers(*resumed), Range(std::max<int64_t>(0, images - 4), images));
        ASSERT_OK(AppendNumbers(*resumed, images, images + 1));
        EXPECT_EQ(Open(replayed, Small(4))->appended(), images + 1);
      }
    }
  }
}

TEST(PoolTest, NoDamageIsShownAsAnImage) {
  const std::string dir = EmptyDir();
  const QuietLog quiet;
  {
    auto pool = Open(dir);
    for (int i = 0; i < 8; i += 2) ASSERT_OK(AppendNumbers(*pool, i, i + 2));
  }
  const std::string path = JoinPath(dir, "segment-000000.bin");
  ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadFile(path));
  ASSERT_EQ(bytes.size(), 64 + 2 * 40);
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string flipped = bytes;
    flipped[i] ^= static_cast<char>(1 << (i % 8));
    for (const std::string& damaged : {bytes.substr(0, i), flipped}) {
      ASSERT_OK(PosixWithoutSync()->Remove(path));  // faster than to overwrite it
      auto file = PosixWithoutSync()->Create(path);
      ASSERT_OK((*file)->Append(damaged));
      const auto pool = Pool::Open(dir, Small(), PosixWithoutSync());
      ASSERT_OK(pool);
      // The first block ends at byte 104; what lies behind the damage is out of reach.
      EXPECT_EQ(Numbers(**pool), Range(0, i < 104 ? 0 : 2)) << i;
    }
  }
}

TEST(PoolTest, AClearedPoolHoldsNothingOfEarlierRuns) {
  const std::string dir = EmptyDir();
  {
    const auto earlier = Open(dir);
    for (int64_t i = 0; i < 6; i += 2) ASSERT_THAT(AppendNumbers(*earlier, i, i + 2), IsOk());
    ASSERT_THAT(earlier->Sync(), IsOk());
  }
  const auto pool = Open(dir);
  ASSERT_EQ(pool->size(), 6);
  ASSERT_THAT(pool->Clear(), IsOk());
  EXPECT_EQ(pool->size(), 0);
  EXPECT_EQ(Open(dir)->appended(), 0);
  ASSERT_THAT(AppendNumbers(*pool, 7, 9), IsOk());
  EXPECT_THAT(Numbers(*pool), ElementsAre(7, 8));
  EXPECT_THAT(Numbers(*Open(dir)), ElementsAre(7, 8));
}

TEST(PoolTest, OtherFilesInTheFolderAreLeftAlone) {
  const std::string dir = EmptyDir();
  ASSERT_OK(WriteFileAtomically(PosixWithoutSync(), JoinPath(dir, "segment-x.bin"), "x"));
  ASSERT_OK(AppendNumbers(*Open(dir), 0, 2));
  EXPECT_TRUE(FileExists(JoinPath(dir, "segment-x.bin")));
  EXPECT_EQ(Numbers(*Open(dir)), Range(0, 2));
}

TEST(PoolDeathTest, AnIndexBeyondThePoolIsABug) {
  auto pool = Open(EmptyDir());
  ASSERT_OK(AppendNumbers(*pool, 0, 2));
  EXPECT_DEATH(pool->Images(at::tensor({2}, at::kLong)), "2 of 2 images");
}

}  // namespace
}  // namespace dfkd
