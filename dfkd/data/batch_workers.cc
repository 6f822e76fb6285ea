#include "dfkd/data/batch_workers.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"

namespace dfkd {

BatchWorkers::BatchWorkers(int threads, int64_t item_bytes, MakeItem make_item)
    : threads_wanted_(threads), item_bytes_(item_bytes), make_item_(std::move(make_item)) {
  CHECK_GE(threads, 1);
}

BatchWorkers::~BatchWorkers() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
    DropAll();
  }
  work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void BatchWorkers::Announce(std::vector<int64_t> items) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (queue_.size() < kMostAhead) Push(std::move(items));
}

absl::StatusOr<BatchWorkers::Bytes> BatchWorkers::Take(const std::vector<int64_t>& items) {
  std::unique_lock<std::mutex> lock(mutex_);
  const auto found = std::find_if(queue_.begin(), queue_.end(),
                                  [&](const auto& batch) { return batch->items == items; });
  std::shared_ptr<Batch> batch;
  if (found == queue_.end()) {
    DropAll();
    batch = Push(items);
  } else {
    batch = *found;
    for (auto skipped = queue_.begin(); skipped != found; ++skipped) (*skipped)->Abandon();
    queue_.erase(queue_.begin(), found);
  }
  done_.wait(lock, [&] { return batch->complete(); });
  queue_.pop_front();
  if (!batch->status.ok()) return batch->status;
  return std::move(batch->bytes);
}

// The mutex is held.
std::shared_ptr<BatchWorkers::Batch> BatchWorkers::Push(std::vector<int64_t> items) {
  while (threads_.size() < static_cast<size_t>(threads_wanted_)) {
    threads_.emplace_back([this] { Work(); });
  }
  auto batch = std::make_shared<Batch>();
  // Not initialised: every byte is written.
  batch->bytes.reset(new uint8_t[items.size() * item_bytes_]);
  batch->items = std::move(items);
  queue_.push_back(batch);
  work_.notify_all();
  return batch;
}

// The mutex is held. Threads that are at an item keep its batch alive.
void BatchWorkers::DropAll() {
  for (const auto& batch : queue_) batch->Abandon();
  queue_.clear();
}

std::shared_ptr<BatchWorkers::Batch> BatchWorkers::FindWork() const {
  for (const auto& batch : queue_) {
    if (batch->next < batch->items.size()) return batch;
  }
  return nullptr;
}

// What is thrown on a thread would end the program: it is that item's error.
absl::Status BatchWorkers::Make(int64_t item, uint8_t* out) const {
  try {
    return make_item_(item, out);
  } catch (const std::exception& error) {
    return absl::InternalError(absl::StrCat("item ", item, ": ", error.what()));
  }
}

void BatchWorkers::Work() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    std::shared_ptr<Batch> batch;
    work_.wait(lock, [&] { return ending_ || (batch = FindWork()) != nullptr; });
    if (ending_) return;
    const size_t i = batch->next++;
    ++batch->running;
    lock.unlock();
    const absl::Status status =
        Make(batch->items[i], batch->bytes.get() + static_cast<int64_t>(i) * item_bytes_);
    lock.lock();
    --batch->running;
    // Items before this one have begun, so that the first bad one is always found.
    if (!status.ok() && (batch->status.ok() || i < batch->bad_item)) {
      batch->bad_item = i;
      batch->status = status;
      batch->Abandon();
    }
    if (batch->complete()) done_.notify_all();
  }
}

}  // namespace dfkd
