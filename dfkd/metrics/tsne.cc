#include "dfkd/metrics/tsne.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cdist.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

#include "glog/logging.h"

namespace dfkd {
namespace {

// As scikit-learn has them, and most after the paper.
constexpr double kEarlyExaggeration = 12;
constexpr int64_t kEarlyIterations = 250;
constexpr double kEarlyMomentum = 0.5, kLateMomentum = 0.8;
constexpr double kLeastGain = 0.01;
constexpr double kLeastProbability = std::numeric_limits<double>::epsilon();

// Row i of conditional probabilities into `row`, by bisection of the Gaussian's precision.
void FillConditional(const double* squared, int64_t n, int64_t i, double perplexity, double* row) {
  constexpr int kMostSteps = 100;
  constexpr double kTolerance = 1e-5;
  const double wanted = std::log(perplexity);
  double nearest = std::numeric_limits<double>::infinity();
  for (int64_t j = 0; j < n; ++j) {
    if (j != i) nearest = std::min(nearest, squared[j]);
  }
  double precision = 1, low = 0, high = std::numeric_limits<double>::infinity();
  for (int step = 0; step < kMostSteps; ++step) {
    // The nearest neighbour's exponent is 0, so that the sum is at least 1.
    double sum = 0, weighted = 0;
    for (int64_t j = 0; j < n; ++j) {
      row[j] = j == i ? 0 : std::exp(-precision * (squared[j] - nearest));
      sum += row[j];
      weighted += row[j] * (squared[j] - nearest);
    }
    const double entropy = std::log(sum) + precision * weighted / sum;
    for (int64_t j = 0; j < n; ++j) row[j] /= sum;
    const double excess = entropy - wanted;
    if (std::abs(excess) <= kTolerance) return;
    if (excess > 0) {
      low = precision;
      precision = std::isinf(high) ? precision * 2 : (precision + high) / 2;
    } else {
      high = precision;
      precision = (precision + low) / 2;
    }
  }
}

// The two principal components, the first with deviation 1e-4; of each the sign that makes its
// largest entry positive.
std::vector<double> FirstLayout(const at::Tensor& x) {
  const at::Tensor centred = x - x.mean(0, /*keepdim=*/true);
  const auto [values, vectors] = at::linalg_eigh(at::matmul(centred.t(), centred));
  const int64_t count = std::min<int64_t>(2, x.size(1));
  at::Tensor layout = at::zeros({x.size(0), 2}, at::kDouble);
  for (int64_t axis = 0; axis < count; ++axis) {
    at::Tensor component = at::matmul(centred, vectors.select(1, x.size(1) - 1 - axis));
    const int64_t largest = component.abs().argmax().item<int64_t>();
    if (component[largest].item<double>() < 0) component = -component;
    layout.select(1, axis).copy_(component);
  }
  const double deviation = layout.select(1, 0).std(/*unbiased=*/false).item<double>();
  if (deviation > 0) layout = layout * (1e-4 / deviation);
  layout = layout.contiguous();
  const double* data = layout.const_data_ptr<double>();
  return {data, data + layout.numel()};
}

// The descent. Loops in place of tensors: rows are summed in one order, whatever the threads.
class Layout {
 public:
  Layout(const at::Tensor& probabilities, std::vector<double> points)
      : n_(probabilities.size(0)),
        p_(probabilities.const_data_ptr<double>()),
        points_(std::move(points)),
        gradient_(points_.size()),
        velocity_(points_.size(), 0),
        gain_(points_.size(), 1),
        affinity_(n_ * n_),
        rate_(std::max(static_cast<double>(n_) / kEarlyExaggeration / 4, 50.0)) {}

  void Descend(double exaggeration, double momentum) {
    ComputeGradient(exaggeration);
    for (size_t i = 0; i < points_.size(); ++i) {
      const bool goes_on = (gradient_[i] > 0) != (velocity_[i] > 0);
      gain_[i] = std::max(goes_on ? gain_[i] + 0.2 : gain_[i] * 0.8, kLeastGain);
      velocity_[i] = momentum * velocity_[i] - rate_ * gain_[i] * gradient_[i];
      points_[i] += velocity_[i];
    }
  }

  double KlDivergence() {
    const double sum = ComputeAffinities();
    double divergence = 0;
    for (int64_t i = 0; i < n_ * n_; ++i) {
      if (p_[i] <= 0) continue;
      divergence += p_[i] * std::log(std::max(p_[i], kLeastProbability) /
                                     std::max(affinity_[i] / sum, kLeastProbability));
    }
    return divergence;
  }

  const std::vector<double>& points() const { return points_; }

 private:
  // Student's t, 1 / (1 + |y_i - y_j|^2), and 0 on the diagonal; returns their sum.
  double ComputeAffinities() {
    double sum = 0;
    for (int64_t i = 0; i < n_; ++i) {
      const double x = points_[2 * i], y = points_[2 * i + 1];
      double* row = &affinity_[i * n_];
      for (int64_t j = 0; j < n_; ++j) {
        const double dx = x - points_[2 * j], dy = y - points_[2 * j + 1];
        row[j] = 1 / (1 + dx * dx + dy * dy);
      }
      row[i] = 0;
      double row_sum = 0;
      for (int64_t j = 0; j < n_; ++j) row_sum += row[j];
      sum += row_sum;
    }
    return sum;
  }

  // 4 sum_j (p_ij - q_ij) (y_i - y_j) / (1 + |y_i - y_j|^2).
  void ComputeGradient(double exaggeration) {
    const double sum = ComputeAffinities();
    for (int64_t i = 0; i < n_; ++i) {
      const double x = points_[2 * i], y = points_[2 * i + 1];
      const double* affinity = &affinity_[i * n_];
      const double* p = &p_[i * n_];
      double along_x = 0, along_y = 0;
      for (int64_t j = 0; j < n_; ++j) {
        const double force = (exaggeration * p[j] - affinity[j] / sum) * affinity[j];
        along_x += force * (x - points_[2 * j]);
        along_y += force * (y - points_[2 * j + 1]);
      }
      gradient_[2 * i] = 4 * along_x;
      gradient_[2 * i + 1] = 4 * along_y;
    }
  }

  const int64_t n_;
  const double* const p_;
  std::vector<double> points_;  // x_0, y_0, x_1, ...
  std::vector<double> gradient_, velocity_, gain_;
  std::vector<double> affinity_;  // [N, N]
  const double rate_;
};

}  // namespace

at::Tensor JointProbabilities(const at::Tensor& x, double perplexity) {
  const at::NoGradGuard no_grad;
  const int64_t n = x.size(0);
  const at::Tensor points = x.to(at::kCPU, at::kDouble);
  const at::Tensor distances = at::cdist(points, points, 2, /*compute_mode=*/2);
  const at::Tensor squared = (distances * distances).contiguous();
  const at::Tensor conditional = at::empty({n, n}, at::kDouble);
  for (int64_t i = 0; i < n; ++i) {
    FillConditional(squared.const_data_ptr<double>() + i * n, n, i, perplexity,
                    conditional.mutable_data_ptr<double>() + i * n);
  }
  return ((conditional + conditional.t()) / static_cast<double>(2 * n)).contiguous();
}

TsneResult Tsne(const at::Tensor& x, const TsneOptions& options) {
  const at::NoGradGuard no_grad;
  const int64_t n = x.size(0);
  CHECK_GE(n, 4);
  const double perplexity = std::min(options.perplexity, static_cast<double>(n - 1) / 3);
  const at::Tensor p = JointProbabilities(x, perplexity);
  Layout layout(p, FirstLayout(x.to(at::kCPU, at::kDouble)));
  for (int64_t i = 0; i < options.iterations; ++i) {
    const bool early = i < kEarlyIterations;
    layout.Descend(early ? kEarlyExaggeration : 1, early ? kEarlyMomentum : kLateMomentum);
  }
  TsneResult result;
  result.points = at::empty({n, 2}, at::kDouble);
  std::copy(layout.points().begin(), layout.points().end(),
            result.points.mutable_data_ptr<double>());
  result.kl_divergence = layout.KlDivergence();
  return result;
}

}  // namespace dfkd
