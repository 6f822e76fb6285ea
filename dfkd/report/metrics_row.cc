#include "dfkd/report/metrics_row.h"

#include <utility>

#include "glog/logging.h"

namespace dfkd {

void RoundMeans::Add(absl::string_view name, const at::Tensor& value) {
  CHECK_EQ(value.numel(), 1) << name;
  Sum& sum = sums_[std::string(name)];
  // A copy: the caller may write into `value` in the next step.
  const at::Tensor term = value.detach().reshape({}).to(at::kDouble, /*non_blocking=*/false,
                                                        /*copy=*/true);
  sum.tensor = sum.tensor.defined() ? sum.tensor.add_(term) : term;
  ++sum.count;
}

void RoundMeans::Add(absl::string_view name, double value) {
  Sum& sum = sums_[std::string(name)];
  sum.number += value;
  ++sum.count;
}

MetricsRow RoundMeans::Take() {
  MetricsRow means;
  for (const auto& [name, sum] : sums_) {
    const double tensor = sum.tensor.defined() ? sum.tensor.item<double>() : 0;
    means[name] = (sum.number + tensor) / static_cast<double>(sum.count);
  }
  sums_.clear();
  return means;
}

}  // namespace dfkd
