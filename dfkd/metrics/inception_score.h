// How surely, and how evenly, a network names the classes of images.
#ifndef DFKD_METRICS_INCEPTION_SCORE_H_
#define DFKD_METRICS_INCEPTION_SCORE_H_

#include <ATen/core/Tensor.h>

namespace dfkd {

// exp(mean over images of KL(p(y|x) || p(y))), p(y) the mean of p(y|x) = softmax(logits) over these
// images (Salimans et al. 2016): in [1, K]. logits [N, K], N >= 1.
double InceptionScore(const at::Tensor& logits);

}  // namespace dfkd

#endif  // DFKD_METRICS_INCEPTION_SCORE_H_
