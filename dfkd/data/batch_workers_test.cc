#include "dfkd/data/batch_workers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <stdexcept>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "dfkd/core/status.h"
#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

constexpr int64_t kItemBytes = 3;

// Three bytes that depend on the item; items that 100 divides cannot be made.
absl::Status MakeItem(int64_t item, uint8_t* out) {
  if (item % 100 == 0) return InputFileError(absl::StrCat("item ", item));
  for (int64_t i = 0; i < kItemBytes; ++i) out[i] = static_cast<uint8_t>(item * 7 + i);
  return absl::OkStatus();
}

std::vector<int64_t> Range(int64_t first, int64_t count) {
  std::vector<int64_t> items(count);
  std::iota(items.begin(), items.end(), first);
  return items;
}

void ExpectItems(const absl::StatusOr<BatchWorkers::Bytes>& bytes,
                 const std::vector<int64_t>& items) {
  ASSERT_OK(bytes);
  for (size_t i = 0; i < items.size(); ++i) {
    for (int64_t k = 0; k < kItemBytes; ++k) {
      ASSERT_EQ((*bytes)[i * kItemBytes + k], static_cast<uint8_t>(items[i] * 7 + k)) << i;
    }
  }
}

class BatchWorkersTest : public ::testing::TestWithParam<int> {};

TEST_P(BatchWorkersTest, GivesEachBatchItsItemsInOrder) {
  BatchWorkers workers(GetParam(), kItemBytes, MakeItem);
  workers.Announce(Range(1, 40));
  workers.Announce({9, 5, 5, 1});
  ExpectItems(workers.Take(Range(1, 40)), Range(1, 40));
  workers.Announce(Range(41, 50));
  ExpectItems(workers.Take({9, 5, 5, 1}), {9, 5, 5, 1});
  ExpectItems(workers.Take(Range(41, 50)), Range(41, 50));
}

TEST_P(BatchWorkersTest, MakesWhatWasNotAnnounced) {
  BatchWorkers workers(GetParam(), kItemBytes, MakeItem);
  ExpectItems(workers.Take({3, 2, 1}), {3, 2, 1});
  workers.Announce(Range(1, 9));
  ExpectItems(workers.Take({7}), {7});
  ExpectItems(workers.Take(Range(1, 9)), Range(1, 9));
  ExpectItems(workers.Take({}), {});
}

TEST_P(BatchWorkersTest, TakesSkippedBatchesForDropped) {
  BatchWorkers workers(GetParam(), kItemBytes, MakeItem);
  for (int64_t first = 1; first <= 5; ++first) workers.Announce(Range(first, 20));
  ExpectItems(workers.Take(Range(4, 20)), Range(4, 20));
  ExpectItems(workers.Take(Range(5, 20)), Range(5, 20));
  ExpectItems(workers.Take(Range(1, 20)), Range(1, 20));
}

TEST_P(BatchWorkersTest, ReportsTheFirstBadItemWithItsBatch) {
  for (int round = 0; round < 50; ++round) {
    BatchWorkers workers(GetParam(), kItemBytes, MakeItem);
    workers.Announce(Range(1, 20));
    workers.Announce({1, 2, 300, 200, 3, 100});
    workers.Announce(Range(1, 9));
    ExpectItems(workers.Take(Range(1, 20)), Range(1, 20));
    EXPECT_THAT(workers.Take({1, 2, 300, 200, 3, 100}), StatusMessageIs("item 300"));
    ExpectItems(workers.Take(Range(1, 9)), Range(1, 9));
  }
}

TEST_P(BatchWorkersTest, WhatIsThrownIsTheItemsError) {
  BatchWorkers workers(GetParam(), kItemBytes, [](int64_t item, uint8_t* out) {
    if (item == 2) throw std::length_error("no room");
    return MakeItem(item, out);
  });
  EXPECT_THAT(workers.Take({1, 2, 3}), StatusHas(absl::StatusCode::kInternal, "item 2: no room"));
  ExpectItems(workers.Take({3, 4}), {3, 4});
}

TEST_P(BatchWorkersTest, WorksAheadOfWhoTakes) {
  absl::Notification last;
  BatchWorkers workers(GetParam(), kItemBytes, [&](int64_t item, uint8_t* out) {
    const absl::Status status = MakeItem(item, out);
    if (item == 29) last.Notify();
    return status;
  });
  workers.Announce(Range(1, 19));
  workers.Announce(Range(20, 10));
  last.WaitForNotification();  // nothing was taken
  ExpectItems(workers.Take(Range(1, 19)), Range(1, 19));
}

TEST_P(BatchWorkersTest, EndsWithWorkInFlight) {
  std::atomic<int> running{0};
  {
    absl::Notification begun, go_on;
    BatchWorkers workers(GetParam(), kItemBytes, [&](int64_t item, uint8_t* out) {
      ++running;
      if (item == 1) begun.Notify();
      go_on.WaitForNotification();
      const absl::Status status = MakeItem(item, out);
      --running;
      return status;
    });
    workers.Announce(Range(1, 1000));
    workers.Announce(Range(1001, 1000));
    begun.WaitForNotification();
    go_on.Notify();
  }
  EXPECT_EQ(running, 0);
}

INSTANTIATE_TEST_SUITE_P(Threads, BatchWorkersTest, ::testing::Values(1, 4),
                         [](const auto& info) { return absl::StrCat(info.param, "_threads"); });

}  // namespace
}  // namespace dfkd
