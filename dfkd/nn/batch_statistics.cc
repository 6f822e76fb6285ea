#include "dfkd/nn/batch_statistics.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/addcmul.h>
#include <ATen/ops/batch_norm_update_stats.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cstdint>
#include <tuple>

#include "glog/logging.h"

namespace dfkd {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

class BatchStatisticsFunction : public torch::autograd::Function<BatchStatisticsFunction> {
 public:
  static variable_list forward(AutogradContext* context, const at::Tensor& x) {
    // Running statistics that nobody reads: their type is what makes the result float32 where x is
    // of a shorter type.
    const auto options = x.options().dtype(at::kFloat);
    auto [mean, variance] = at::batch_norm_update_stats(
        x, at::zeros({x.size(1)}, options), at::zeros({x.size(1)}, options), /*momentum=*/0.0);
    context->save_for_backward({x, mean});
    return {mean, variance};
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& x = saved[0];
    const at::Tensor& mean = saved[1];
    const double count = static_cast<double>(x.numel() / x.size(1));
    // Per channel, scale * x + shift.
    const at::Tensor scale = gradients[1] * (2.0 / count);
    const at::Tensor shift = gradients[0] * (1.0 / count) - scale * mean;
    return {at::addcmul(shift.view({1, -1, 1, 1}), x.to(at::kFloat), scale.view({1, -1, 1, 1}))
                .to(x.scalar_type())};
  }
};

}  // namespace

BatchStatistics ComputeBatchStatistics(const at::Tensor& x) {
  CHECK_EQ(x.dim(), 4);
  variable_list statistics = BatchStatisticsFunction::apply(x);
  return {statistics[0], statistics[1]};
}

}  // namespace dfkd
