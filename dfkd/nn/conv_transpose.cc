#include "dfkd/nn/conv_transpose.h"

#include <ATen/ops/conv_transpose2d.h>

#include <cmath>

#include "glog/logging.h"

namespace dfkd {

ConvTranspose2d::ConvTranspose2d(const ConvOptions& options, RandomStream& init)
    : options_(options) {
  CHECK(!options.kaiming_normal);
  const int64_t out_per_group = options.out / options.groups;
  const double bound =
      1.0 / std::sqrt(static_cast<double>(out_per_group * options.kernel * options.kernel));
  weight = AddParameter(
      "weight",
      init.Uniform({options.in, out_per_group, options.kernel, options.kernel}, -bound, bound));
  if (options.bias) bias = AddParameter("bias", init.Uniform({options.out}, -bound, bound));
}

at::Tensor ConvTranspose2d::Forward(const at::Tensor& x, Taps& taps) {
  at::Tensor y = at::conv_transpose2d(x, weight, bias, options_.stride, options_.padding,
                                      /*output_padding=*/0, options_.groups, options_.dilation);
  taps.layer_elements += y.numel();
  return y;
}

}  // namespace dfkd
