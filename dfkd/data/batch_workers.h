// Threads that make the items of batches, in the order in which the batches were announced.
//
// What a batch holds, and which error it ends in, does not depend on the number of threads: each
// item has its place, and of several errors the one of the batch's first bad item is reported.
#ifndef DFKD_DATA_BATCH_WORKERS_H_
#define DFKD_DATA_BATCH_WORKERS_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace dfkd {

class BatchWorkers {
 public:
  // Writes the bytes of one item to where they belong; called by several threads at once. What it
  // throws is the item's error.
  using MakeItem = std::function<absl::Status(int64_t item, uint8_t* out)>;
  using Bytes = std::unique_ptr<uint8_t[]>;

  // The threads begin with the first batch. threads >= 1.
  BatchWorkers(int threads, int64_t item_bytes, MakeItem make_item);
  // Waits for the items that are being made; what has not begun is dropped.
  ~BatchWorkers();
  BatchWorkers(const BatchWorkers&) = delete;
  BatchWorkers& operator=(const BatchWorkers&) = delete;

  // Begins with a batch that Take will ask for. Passed over where kMostAhead are waiting.
  void Announce(std::vector<int64_t> items);

  // The items one behind the other, announced or not. Batches announced before this one are taken
  // to be skipped, and dropped; where it was not announced, all are.
  absl::StatusOr<Bytes> Take(const std::vector<int64_t>& items);

  static constexpr size_t kMostAhead = 8;

 private:
  struct Batch {
    bool complete() const { return next == items.size() && running == 0; }
    // Begins no further item.
    void Abandon() { next = items.size(); }

    std::vector<int64_t> items;
    Bytes bytes;
    size_t next = 0;     // the first item that no thread has begun
    size_t running = 0;  // items that are being made
    size_t bad_item = 0;
    absl::Status status;  // of the first bad item
  };

  std::shared_ptr<Batch> Push(std::vector<int64_t> items);
  void DropAll();
  void Work();
  absl::Status Make(int64_t item, uint8_t* out) const;
  // The first batch with an item to begin; null: there is none.
  std::shared_ptr<Batch> FindWork() const;

  const int threads_wanted_;
  const int64_t item_bytes_;
  const MakeItem make_item_;

  std::mutex mutex_;
  std::condition_variable work_;              // there is an item to make, or the end
  std::condition_variable done_;              // a batch may be complete
  std::deque<std::shared_ptr<Batch>> queue_;  // oldest first
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace dfkd

#endif  // DFKD_DATA_BATCH_WORKERS_H_
