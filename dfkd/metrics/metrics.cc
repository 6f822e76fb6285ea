#include "dfkd/metrics/metrics.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Reduction.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/topk.h>

#include <algorithm>
#include <tuple>

#include "glog/logging.h"

namespace dfkd {
namespace {

// Of one image: 1 where it has one row of logits.
double Pixels(const at::Tensor& logits) {
  return logits.dim() == 4 ? static_cast<double>(logits.size(2) * logits.size(3)) : 1;
}

double PerImage(const at::Tensor& sum, const at::Tensor& logits) {
  CHECK_GT(logits.size(0), 0) << "a mean over no images";
  return sum.item<double>() / static_cast<double>(logits.size(0));
}

}  // namespace

at::Tensor TopKCorrect(const at::Tensor& logits, const at::Tensor& labels, int64_t k) {
  const at::NoGradGuard no_grad;
  const at::Tensor largest = std::get<1>(at::topk(logits, std::min(k, logits.size(1)), /*dim=*/1));
  return largest.eq(labels.unsqueeze(1)).sum().to(at::kDouble);
}

at::Tensor AgreementCount(const at::Tensor& logits, const at::Tensor& other) {
  const at::NoGradGuard no_grad;
  return logits.argmax(1).eq(other.argmax(1)).sum().to(at::kDouble) / Pixels(logits);
}

at::Tensor CrossEntropySum(const at::Tensor& logits, const at::Tensor& labels) {
  const at::NoGradGuard no_grad;
  return at::cross_entropy_loss(logits, labels, /*weight=*/{}, at::Reduction::None)
             .sum(at::kDouble) /
         Pixels(logits);
}

double TopKAccuracy(const at::Tensor& logits, const at::Tensor& labels, int64_t k) {
  return 100 * PerImage(TopKCorrect(logits, labels, k), logits);
}

double Agreement(const at::Tensor& logits, const at::Tensor& other) {
  return 100 * PerImage(AgreementCount(logits, other), logits);
}

double MeanCrossEntropy(const at::Tensor& logits, const at::Tensor& labels) {
  return PerImage(CrossEntropySum(logits, labels), logits);
}

}  // namespace dfkd
