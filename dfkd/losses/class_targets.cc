#include "dfkd/losses/class_targets.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cdist.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/zeros.h>

#include <limits>

#include "dfkd/core/status.h"

namespace dfkd {

ClassTargets ClassTargets::Rows(const at::Tensor& rows) {
  ClassTargets targets;
  targets.sums_ = rows.detach().to(at::kFloat).clone();
  targets.counts_ = at::ones({rows.size(0)});
  targets.settled_ = true;
  targets.MeasureDistances();
  return targets;
}

ClassTargets ClassTargets::Centers(int64_t num_classes, int64_t features, bool first_batch_only) {
  ClassTargets targets;
  targets.first_batch_only_ = first_batch_only;
  targets.sums_ = at::zeros({num_classes, features});
  targets.counts_ = at::zeros({num_classes});
  return targets;
}

// A checkpoint is read on the host.
void ClassTargets::Follow(at::Device device) {
  sums_ = sums_.to(device);
  counts_ = counts_.to(device);
}

void ClassTargets::Observe(const at::Tensor& embedding, const at::Tensor& labels) {
  if (settled_) return;
  const at::NoGradGuard no_grad;
  Follow(embedding.device());
  sums_.index_add_(0, labels, embedding.detach().to(at::kFloat));
  counts_.index_add_(0, labels, at::ones_like(labels, at::kFloat));
  settled_ = first_batch_only_ || counts_.gt(0).all().item<bool>();
  MeasureDistances();
}

void ClassTargets::MeasureDistances() {
  const at::Tensor seen = counts_.gt(0).nonzero().flatten();
  if (seen.size(0) < 2) return;
  const at::Tensor means = sums_.index_select(0, seen) / counts_.index_select(0, seen).unsqueeze(1);
  // The plain sum of squares: by matrix products, small distances would drown in rounding.
  at::Tensor distances = at::cdist(means, means, 2, /*compute_mode=*/2);
  distances.fill_diagonal_(std::numeric_limits<double>::infinity());
  const auto least = distances.min().item<double>();
  least_distance_ = least * least / static_cast<double>(means.size(1));
}

bool ClassTargets::HasNegative() const { return sums_.lt(0).any().item<bool>(); }

at::Tensor ClassTargets::Of(const at::Tensor& labels) {
  Follow(labels.device());
  return sums_.index_select(0, labels) / counts_.index_select(0, labels).clamp_min(1).unsqueeze(1);
}

at::Tensor ClassTargets::Known(const at::Tensor& labels) {
  Follow(labels.device());
  return counts_.index_select(0, labels).gt(0);
}

void ClassTargets::Save(StateWriter writer) const {
  writer.Tensor("sums", sums_);
  writer.Tensor("counts", counts_);
  writer.Int("settled", settled_ ? 1 : 0);
}

absl::Status ClassTargets::Load(const StateReader& reader) {
  DFKD_ASSIGN_OR_RETURN(sums_, reader.Tensor("sums"));
  DFKD_ASSIGN_OR_RETURN(counts_, reader.Tensor("counts"));
  DFKD_ASSIGN_OR_RETURN(const int64_t settled, reader.Int("settled"));
  settled_ = settled != 0;
  MeasureDistances();
  return absl::OkStatus();
}

}  // namespace dfkd
