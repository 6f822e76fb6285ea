#include "dfkd/metrics/inception_score.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/log_softmax.h>

#include "glog/logging.h"

namespace dfkd {

double InceptionScore(const at::Tensor& logits) {
  const at::NoGradGuard no_grad;
  CHECK_GT(logits.size(0), 0) << "a score of no images";
  const at::Tensor log_p = at::log_softmax(logits, 1, at::kDouble);
  const at::Tensor marginal = log_p.exp().mean(0, /*keepdim=*/true);
  // A class whose probability is 0 for every image adds 0 times a finite number.
  const at::Tensor gap = log_p - marginal.clamp_min(1e-300).log();
  return (log_p.exp() * gap).sum(1).mean().exp().item<double>();
}

}  // namespace dfkd
