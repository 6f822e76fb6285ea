#include "dfkd/train/pool_views.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/index_select.h>

namespace dfkd {
namespace {

// True where the image's number among all that were ever appended ends a period.
at::Tensor HeldOutMask(const Pool& pool, const at::Tensor& indices) {
  const int64_t dropped = pool.appended() - pool.size();
  return (indices + dropped).remainder(kHeldOutPeriod).eq(kHeldOutPeriod - 1);
}

}  // namespace

at::Tensor TrainingIndices(const Pool& pool, bool hold_out) {
  const at::Tensor all = at::arange(pool.size(), at::kLong);
  if (!hold_out) return all;
  return all.masked_select(HeldOutMask(pool, all).logical_not());
}

at::Tensor HeldOutIndices(const Pool& pool) {
  const at::Tensor all = at::arange(pool.size(), at::kLong);
  return all.masked_select(HeldOutMask(pool, all));
}

PoolBatches::PoolBatches(const Pool& pool, bool hold_out, int64_t batch_size, RandomStream& order)
    : pool_(pool),
      indices_(TrainingIndices(pool, hold_out)),
      batches_(indices_.size(0), batch_size, order) {}

PoolBatches::Batch PoolBatches::Next() {
  const at::Tensor index = at::index_select(indices_, 0, batches_.Next());
  return {pool_.Images(index), pool_.Labels(index)};
}

HeldOutSplit::HeldOutSplit(const Pool& pool)
    : pool_(pool), indices_(HeldOutIndices(pool)), labels_(pool.Labels(indices_)) {}

absl::StatusOr<at::Tensor> HeldOutSplit::Images(const at::Tensor& index) const {
  return pool_.Images(at::index_select(indices_, 0, index)).to(at::kFloat).mul_(1.0 / 255);
}

}  // namespace dfkd
