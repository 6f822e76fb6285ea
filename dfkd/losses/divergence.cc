#include "dfkd/losses/divergence.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_softmax.h>

namespace dfkd {

at::Tensor KlDivergence(const at::Tensor& p_logits, const at::Tensor& q_logits,
                        double temperature) {
  const at::Tensor log_p = at::log_softmax(p_logits.to(at::kFloat) / temperature, 1);
  const at::Tensor log_q = at::log_softmax(q_logits.to(at::kFloat) / temperature, 1);
  return (log_p.exp() * (log_p - log_q)).sum(1);
}

}  // namespace dfkd
