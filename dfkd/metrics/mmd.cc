#include "dfkd/metrics/mmd.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cdist.h>
#include <ATen/ops/ones_like.h>

#include <algorithm>

#include "glog/logging.h"

namespace dfkd {
namespace {

// Mean over pairs of different rows; the kernel of a row with itself is 1.
double MeanBetweenOthers(const at::Tensor& kernel) {
  const auto n = static_cast<double>(kernel.size(0));
  return (kernel.sum().item<double>() - n) / (n * (n - 1));
}

}  // namespace

SquaredMmdResult SquaredMmd(const at::Tensor& x, const at::Tensor& y, double bandwidth) {
  const at::NoGradGuard no_grad;
  CHECK(x.size(0) >= 2 && y.size(0) >= 2) << "pairs of fewer than two rows";
  const at::Tensor rows = at::cat({x, y}).to(at::kDouble);
  SquaredMmdResult result;
  // Differences summed, not products: a row's distance to itself is 0.
  constexpr int64_t kWithoutProducts = 2;
  const at::Tensor distances = at::cdist(rows, rows, 2, kWithoutProducts);
  const at::Tensor once = at::ones_like(distances, at::kBool).triu(1);
  result.bandwidth =
      bandwidth > 0 ? bandwidth : distances.masked_select(once).median().item<double>();
  // Rows that are mostly equal have the median 0: then no two that differ are alike.
  const double s = std::max(result.bandwidth, 1e-12);
  const at::Tensor kernel = distances.square().mul_(-0.5 / (s * s)).exp_();
  const int64_t m = x.size(0), n = y.size(0);
  result.value = MeanBetweenOthers(kernel.narrow(0, 0, m).narrow(1, 0, m)) +
                 MeanBetweenOthers(kernel.narrow(0, m, n).narrow(1, m, n)) -
                 2 * kernel.narrow(0, 0, m).narrow(1, m, n).mean().item<double>();
  return result;
}

}  // namespace dfkd
