// Divergences of class distributions.
#ifndef DFKD_LOSSES_DIVERGENCE_H_
#define DFKD_LOSSES_DIVERGENCE_H_

#include <ATen/core/Tensor.h>

namespace dfkd {

// KL(p || q) per sample [N], p and q the softmax of the logits [N, K] divided by `temperature`; in
// float32. With p the teacher's and q the student's this is sum_k p_k log(p_k / q_k).
at::Tensor KlDivergence(const at::Tensor& p_logits, const at::Tensor& q_logits, double temperature);

}  // namespace dfkd

#endif  // DFKD_LOSSES_DIVERGENCE_H_
