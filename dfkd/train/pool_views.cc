#include "dfkd/train/pool_views.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>

#include <vector>

namespace dfkd {
namespace {

// Of each period one image, at a place drawn for that period: balanced labels repeat 0 ... K - 1,
// and with a fixed place ten classes would have one of them held out entirely.
bool IsHeldOut(int64_t number) {
  RandomStream places(0, "held_out");
  places.set_counter(static_cast<uint64_t>(number / kHeldOutPeriod));
  return static_cast<int64_t>(places.NextSeed() % kHeldOutPeriod) == number % kHeldOutPeriod;
}

// The indices whose images, by their number among all that were ever appended, are held out or not.
at::Tensor IndicesWhere(const Pool& pool, bool held_out) {
  const int64_t dropped = pool.appended() - pool.size();
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < pool.size(); ++i) {
    if (IsHeldOut(i + dropped) == held_out) indices.push_back(i);
  }
  return at::tensor(indices, at::kLong);
}

}  // namespace

at::Tensor TrainingIndices(const Pool& pool, bool hold_out) {
  return hold_out ? IndicesWhere(pool, false) : at::arange(pool.size(), at::kLong);
}

at::Tensor HeldOutIndices(const Pool& pool) { return IndicesWhere(pool, true); }

PoolBatches::PoolBatches(const Pool& pool, bool hold_out, int64_t batch_size, RandomStream& order,
                         PoolMirror* mirror)
    : pool_(pool),
      mirror_(mirror != nullptr && mirror->Update() ? mirror : nullptr),
      indices_(TrainingIndices(pool, hold_out)),
      batches_(indices_.size(0), batch_size, order) {}

PoolBatches::Batch PoolBatches::Next() {
  const at::Tensor index = at::index_select(indices_, 0, batches_.Next());
  if (mirror_ != nullptr) return {mirror_->images(), pool_.Labels(index), mirror_->Places(index)};
  return {pool_.Images(index), pool_.Labels(index), {}};
}

HeldOutSplit::HeldOutSplit(const Pool& pool)
    : pool_(pool), indices_(HeldOutIndices(pool)), labels_(pool.Labels(indices_)) {}

absl::StatusOr<at::Tensor> HeldOutSplit::Images(const at::Tensor& index) const {
  return pool_.Images(at::index_select(indices_, 0, index)).to(at::kFloat).mul_(1.0 / 255);
}

}  // namespace dfkd
