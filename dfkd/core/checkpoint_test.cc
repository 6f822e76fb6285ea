#include "dfkd/core/checkpoint.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <cstdint>
#include <map>
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

using ::testing::AnyOf;
using ::testing::ElementsAre;

// A fresh, empty directory for the running test.
std::string EmptyDir() {
  const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
  const std::string dir =
      JoinPath(::testing::TempDir(), absl::StrCat(info->test_suite_name(), ".", info->name()));
  RestoreDisk({}, "", dir);
  return dir;
}

// A state that differs from round to round in every part.
State StateOf(int64_t round) {
  State state;
  StateWriter writer(&state);
  writer.Scope("student").Tensor("weight", at::full({2, 3}, static_cast<double>(round)));
  writer.Scope("student").Tensor("mask", at::full({3}, round, at::kByte));
  writer.Tensor("steps", at::full({}, round, at::kLong));
  writer.Double("loss", 0.1 * static_cast<double>(round));
  writer.String("text", absl::StrCat("round ", round, "\xff\n"));
  return state;
}

bool Same(const State& a, const State& b) {
  if (a.values != b.values || a.tensors.size() != b.tensors.size()) return false;
  for (const auto& [name, tensor] : a.tensors) {
    const auto other = b.tensors.find(name);
    if (other == b.tensors.end() || other->second.scalar_type() != tensor.scalar_type() ||
        !other->second.equal(tensor)) {
      return false;
    }
  }
  return true;
}

// The checkpoint in `dir` is that of its round. Returns the round.
int64_t ExpectWhole(const std::string& dir) {
  const absl::StatusOr<LoadedCheckpoint> checkpoint = ReadLastCheckpoint(dir);
  EXPECT_THAT(checkpoint, IsOk());
  if (!checkpoint.ok()) return -1;
  EXPECT_TRUE(Same(checkpoint->state, StateOf(checkpoint->round))) << checkpoint->round;
  return checkpoint->round;
}

TEST(CheckpointTest, WhatIsReadIsWhatWasWritten) {
  const std::string dir = JoinPath(EmptyDir(), "made/when/needed");
  ASSERT_OK(WriteCheckpoint(PosixWithoutSync(), dir, 7, StateOf(7)));
  EXPECT_EQ(ExpectWhole(dir), 7);
}

TEST(CheckpointTest, AnEmptyStateIsOneToo) {
  const std::string dir = EmptyDir();
  ASSERT_OK(WriteCheckpoint(PosixWithoutSync(), dir, 0, State()));
  ASSERT_OK_AND_ASSIGN(const LoadedCheckpoint checkpoint, ReadLastCheckpoint(dir));
  EXPECT_TRUE(Same(checkpoint.state, State()));
}

TEST(CheckpointTest, NoneIsNotFound) {
  EXPECT_THAT(ReadLastCheckpoint(EmptyDir()),
              StatusHas(absl::StatusCode::kNotFound, "no checkpoint"));
  EXPECT_THAT(ReadLastCheckpoint(JoinPath(EmptyDir(), "absent")),
              StatusHas(absl::StatusCode::kNotFound, "no checkpoint"));
}

TEST(CheckpointTest, TheTwoNewestAreKept) {
  const std::string dir = EmptyDir();
  for (const int64_t round : {1, 2, 9, 10}) {
    ASSERT_OK(WriteCheckpoint(PosixWithoutSync(), dir, round, StateOf(round)));
  }
  ASSERT_OK_AND_ASSIGN(const std::vector<std::string> names, ListDirectory(dir));
  EXPECT_THAT(names, ElementsAre("round-00000009.safetensors", "round-00000010.safetensors"));
}

TEST(CheckpointTest, RoundsOfAnAbandonedCourseAreRemoved) {
  const std::string dir = EmptyDir();
  for (const int64_t round : {4, 8, 5}) {
    ASSERT_OK(WriteCheckpoint(PosixWithoutSync(), dir, round, StateOf(round)));
  }
  EXPECT_EQ(ExpectWhole(dir), 5);
}

TEST(CheckpointTest, ARunThatBeginsAnewRemovesThemAll) {
  const std::string dir = EmptyDir();
  EXPECT_OK(RemoveCheckpoints(PosixWithoutSync(), dir));
  for (const int64_t round : {1, 2}) {
    ASSERT_OK(WriteCheckpoint(PosixWithoutSync(), dir, round, StateOf(round)));
  }
  EXPECT_OK(RemoveCheckpoints(PosixWithoutSync(), dir));
  EXPECT_EQ(ReadLastCheckpoint(dir).status().code(), absl::StatusCode::kNotFound);
}

TEST(CheckpointTest, TheOneBeforeTakesADamagedOnesPlace) {
  const std::string dir = EmptyDir();
  ASSERT_OK(WriteCheckpoint(PosixWithoutSync(), dir, 1, StateOf(1)));
  ASSERT_OK(WriteCheckpoint(PosixWithoutSync(), dir, 2, StateOf(2)));
  const std::string newest = JoinPath(dir, "round-00000002.safetensors");
  ASSERT_OK(WriteFileAtomically(PosixWithoutSync(), newest, "short"));
  EXPECT_EQ(ExpectWhole(dir), 1);
}

TEST(CheckpointTest, ACheckpointUnderAnothersNameIsNotUsed) {
  const std::string dir = EmptyDir();
  ASSERT_OK(WriteCheckpoint(PosixWithoutSync(), dir, 1, StateOf(1)));
  ASSERT_OK_AND_ASSIGN(const std::string bytes,
                       ReadFile(JoinPath(dir, "round-00000001.safetensors")));
  const std::string other = JoinPath(dir, "round-00000002.safetensors");
  ASSERT_OK(WriteFileAtomically(PosixWithoutSync(), other, bytes));
  EXPECT_EQ(ExpectWhole(dir), 1);
}

TEST(CheckpointTest, NothingUsableIsAnErrorThatSaysWhatToDo) {
  const std::string dir = EmptyDir();
  const std::string path = JoinPath(dir, "round-00000001.safetensors");
  ASSERT_OK(WriteFileAtomically(PosixWithoutSync(), path, "short"));
  const auto checkpoint = ReadLastCheckpoint(dir);
  EXPECT_THAT(checkpoint, StatusMessageIs(absl::StrCat(
                              "none of the 1 checkpoints in ", dir, " can be used (", path,
                              ": safetensors: a file of 5 bytes is none); remove the "
                              "folder to begin anew")));
  EXPECT_EQ(ExitCodeOf(checkpoint.status()), kExitStorage);
}

TEST(CheckpointTest, AFailingDiskLeavesAReadableCheckpoint) {
  const QuietLog quiet;
  for (const Fault fault : kAllFaults) {
    for (const FaultLasts lasts : {FaultLasts::kOnce, FaultLasts::kFromThenOn}) {
      for (int n = 1;; ++n) {
        const std::string dir = EmptyDir();
        ASSERT_OK(WriteCheckpoint(PosixWithoutSync(), dir, 1, StateOf(1)));
        ASSERT_OK(WriteCheckpoint(PosixWithoutSync(), dir, 2, StateOf(2)));
        FaultInjectingFileSystem files(PosixWithoutSync(), n, fault, lasts);
        const absl::Status status = WriteCheckpoint(&files, dir, 3, StateOf(3));
        const int64_t round = ExpectWhole(dir);
        if (status.ok()) {
          EXPECT_EQ(round, 3) << n;
        }
        if (!files.fired()) break;
        EXPECT_THAT(round, AnyOf(2, 3)) << n;
        // The disk works again: so does the next checkpoint.
        ASSERT_OK(WriteCheckpoint(PosixWithoutSync(), dir, 4, StateOf(4)));
        EXPECT_EQ(ExpectWhole(dir), 4);
      }
    }
  }
}

TEST(CheckpointTest, ACrashAtAnyMomentLeavesAReadableCheckpoint) {
  const QuietLog quiet;
  const std::string dir = EmptyDir();
  TracingFileSystem files(PosixWithoutSync());
  std::vector<size_t> finished = {0};  // operations after which round i had been written
  for (int64_t round = 1; round <= 4; ++round) {
    ASSERT_OK(WriteCheckpoint(&files, dir, round, StateOf(round)));
    finished.push_back(files.operations());
  }
  const std::string replayed = EmptyDir() + ".replayed";
  for (size_t n = finished[1]; n <= files.operations(); ++n) {
    int64_t last = 1;  // the round that had been written when the machine stopped
    while (last < 4 && finished[last + 1] <= n) ++last;
    for (const Unsynced unsynced : kAllUnsynced) {
      SCOPED_TRACE(absl::StrCat(n, " operations, kind ", static_cast<int>(unsynced)));
      RestoreDisk(files.DiskAfter(n, unsynced), dir, replayed);
      EXPECT_THAT(ExpectWhole(replayed), AnyOf(last, last + 1));
    }
  }
}

// A single damaged file, with none before it to fall back to: it is whole, or it is refused.
void ExpectWholeOrRefused(const std::string& dir, const std::string& bytes,
                          const std::string& what) {
  const std::string path = JoinPath(dir, "round-00000003.safetensors");
  // Some file systems wait for the disk where a file is cut to nothing and written again.
  ASSERT_OK(FileSystem::Posix()->Remove(path));
  auto file = FileSystem::Posix()->Create(path);
  ASSERT_OK(file);
  ASSERT_OK((*file)->Append(bytes));
  const auto checkpoint = ReadLastCheckpoint(dir);
  if (checkpoint.ok()) {
    EXPECT_TRUE(Same(checkpoint->state, StateOf(3)) && checkpoint->round == 3) << what;
  } else {
    EXPECT_EQ(ExitCodeOf(checkpoint.status()), kExitStorage) << what;
  }
}

TEST(CheckpointTest, NoFlippedBitAndNoTruncationIsReadAsAnotherState) {
  const std::string dir = EmptyDir();
  ASSERT_OK(WriteCheckpoint(PosixWithoutSync(), dir, 3, StateOf(3)));
  const std::string path = JoinPath(dir, "round-00000003.safetensors");
  ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadFile(path));
  const QuietLog quiet;
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = bytes;
      damaged[i] ^= static_cast<char>(1 << bit);
      ExpectWholeOrRefused(dir, damaged, absl::StrCat("byte ", i, ", bit ", bit));
    }
    ExpectWholeOrRefused(dir, bytes.substr(0, i), absl::StrCat(i, " bytes"));
    EXPECT_FALSE(ReadLastCheckpoint(dir).ok()) << i;
  }
}

}  // namespace
}  // namespace dfkd
