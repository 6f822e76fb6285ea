// t-SNE (van der Maaten and Hinton, 2008): points of many dimensions laid out in two, so that
// neighbours stay neighbours. The exact algorithm, for up to a few thousand points: time and memory
// grow with their square.
#ifndef DFKD_METRICS_TSNE_H_
#define DFKD_METRICS_TSNE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace dfkd {

struct TsneOptions {
  double perplexity = 30;  // how many neighbours count; at most a third of the other points
  int64_t iterations = 1000;
};

struct TsneResult {
  at::Tensor points;         // [N, 2] float64
  double kl_divergence = 0;  // of the layout from the neighbourhoods, in nats: what is minimised
};

// x [N, D] float -> a layout that follows from x alone: it begins with the two principal
// components, and draws nothing. N >= 4.
TsneResult Tsne(const at::Tensor& x, const TsneOptions& options);

// p_ij [N, N] float64, symmetric, sum 1: (p_j|i + p_i|j) / 2N, where p_j|i falls as a Gaussian of
// the distance whose width gives row i the wanted perplexity.
at::Tensor JointProbabilities(const at::Tensor& x, double perplexity);

}  // namespace dfkd

#endif  // DFKD_METRICS_TSNE_H_
