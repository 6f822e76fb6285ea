// Shuffled passes over 0 … n-1.
#ifndef DFKD_TRAIN_INDEX_BATCHES_H_
#define DFKD_TRAIN_INDEX_BATCHES_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "dfkd/core/random_stream.h"

namespace dfkd {

class IndexBatches {
 public:
  // A new permutation is drawn from `order` at the start of each pass. n >= 1, batch_size >= 1.
  IndexBatches(int64_t n, int64_t batch_size, RandomStream& order);

  // The next indices, int64. A pass ends with a short batch; one of a single image, with which
  // BatchNorm cannot be trained, is left out unless n is 1.
  at::Tensor Next();
  int64_t batches_per_pass() const;

 private:
  int64_t n_;
  int64_t batch_size_;
  RandomStream& order_;
  at::Tensor permutation_;
  int64_t position_ = 0;
};

}  // namespace dfkd

#endif  // DFKD_TRAIN_INDEX_BATCHES_H_
