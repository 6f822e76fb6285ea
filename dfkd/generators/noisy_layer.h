// NAYER's noisy layers: linear layers whose weights are drawn anew for each batch.
#ifndef DFKD_GENERATORS_NOISY_LAYER_H_
#define DFKD_GENERATORS_NOISY_LAYER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "dfkd/core/random_stream.h"
#include "dfkd/nn/module.h"

namespace dfkd {

// ceil(batch_size / rows_per_layer) independent linear layers; layer i maps the rows
// i*R .. (i+1)*R - 1 of a batch, R = rows_per_layer. With R = K and labels 0 .. K-1 in turn each
// layer meets each class once (K-to-1); with R = 1 each image has a layer of its own (1-to-1).
//
// Why: with one label-text embedding per class, only the re-drawn weights make two images of a
// class differ. W ~ N(0, 1), b = 0, as the official code draws them; both are trained within a
// batch. Memory: layers * in * out floats, four times over under Adam. 1-to-1 at 400 x 512 x 1000
// takes 3.3 GB.
class NoisyLayer : public Module {
 public:
  // Weights are zero until the first Redraw.
  NoisyLayer(int64_t in, int64_t out, int64_t batch_size, int64_t rows_per_layer);

  // New weights, and gradients forgotten.
  void Redraw(RandomStream& noise);

  // [N, in] -> [N, out], N <= batch_size; row n goes through layer n / rows_per_layer.
  at::Tensor Forward(const at::Tensor& x) const;

  int64_t layers() const { return weight.size(0); }

  at::Tensor weight;  // [layers, out, in]
  at::Tensor bias;    // [layers, out]

 private:
  int64_t rows_per_layer_;
};

}  // namespace dfkd

#endif  // DFKD_GENERATORS_NOISY_LAYER_H_
