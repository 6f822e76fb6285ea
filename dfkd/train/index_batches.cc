#include "dfkd/train/index_batches.h"

#include <algorithm>

namespace dfkd {

IndexBatches::IndexBatches(int64_t n, int64_t batch_size, RandomStream& order)
    : n_(n), batch_size_(std::min(batch_size, n)), order_(order), position_(n) {}

int64_t IndexBatches::batches_per_pass() const {
  const int64_t rest = n_ % batch_size_;
  return n_ / batch_size_ + ((rest > 1 || (rest == 1 && n_ == 1)) ? 1 : 0);
}

at::Tensor IndexBatches::Next() {
  if (n_ - position_ < std::min<int64_t>(2, n_)) {
    permutation_ = order_.Permutation(n_);
    position_ = 0;
  }
  const int64_t end = std::min(position_ + batch_size_, n_);
  at::Tensor batch = permutation_.slice(0, position_, end);
  position_ = end;
  return batch;
}

}  // namespace dfkd
