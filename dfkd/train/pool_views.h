// Two views of a pool: what the student learns from, and what is kept from it.
#ifndef DFKD_TRAIN_POOL_VIEWS_H_
#define DFKD_TRAIN_POOL_VIEWS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "dfkd/core/random_stream.h"
#include "dfkd/data/dataset.h"
#include "dfkd/pool/pool.h"
#include "dfkd/pool/pool_mirror.h"
#include "dfkd/train/index_batches.h"

namespace dfkd {

// Where held-out images are wanted, one of each ten that were ever appended is one.
inline constexpr int64_t kHeldOutPeriod = 10;

// Indices into the pool, int64. With `hold_out` false, training indices are all.
at::Tensor TrainingIndices(const Pool& pool, bool hold_out);
at::Tensor HeldOutIndices(const Pool& pool);

// Shuffled batches for one round; the pool must not grow meanwhile.
class PoolBatches {
 public:
  // Images come from `mirror` where it is given and holds them.
  PoolBatches(const Pool& pool, bool hold_out, int64_t batch_size, RandomStream& order,
              PoolMirror* mirror = nullptr);
  struct Batch {
    at::Tensor images;  // uint8 [M, C, H, W]
    at::Tensor labels;  // int64 [N]
    at::Tensor index;   // int64 [N], which of the images; undefined: all, N = M
  };
  Batch Next();

 private:
  const Pool& pool_;
  const PoolMirror* mirror_;  // null: the pool itself
  at::Tensor indices_;
  IndexBatches batches_;
};

// The held-out images as a split.
class HeldOutSplit : public Split {
 public:
  explicit HeldOutSplit(const Pool& pool);
  int64_t size() const override { return indices_.size(0); }
  absl::StatusOr<at::Tensor> Images(const at::Tensor& index) const override;
  const at::Tensor& labels() const override { return labels_; }

 private:
  const Pool& pool_;
  at::Tensor indices_;
  at::Tensor labels_;
};

}  // namespace dfkd

#endif  // DFKD_TRAIN_POOL_VIEWS_H_
