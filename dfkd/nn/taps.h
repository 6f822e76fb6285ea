// What a forward pass shows of its inside, on request, and where its images lie.
#ifndef DFKD_NN_TAPS_H_
#define DFKD_NN_TAPS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "dfkd/nn/batch_statistics.h"

namespace dfkd {

// The input of one BatchNorm2d layer and its statistics, beside those that the layer learned.
struct BatchNormInput {
  at::Tensor input;            // [N, C, H, W], part of the graph
  BatchStatistics statistics;  // of `input`, part of the graph
  at::Tensor running_mean;     // [C]
  at::Tensor running_var;      // [C], unbiased as PyTorch keeps it
};

struct Taps {
  // Of images smaller than a Vision Transformer's grid of positions: row and column of an image's
  // first patch in that grid, int64 [N, 2]; undefined: they lie in the middle. Other models take no
  // notice.
  at::Tensor patch_offsets;

  bool want_batch_norm_inputs = false;
  bool want_stages = false;
  // Each ReLU of the network then takes a pass of its own.
  bool want_last_relu_input = false;

  std::vector<BatchNormInput> batch_norm_inputs;  // in the order of the forward pass
  std::vector<at::Tensor> stages;                 // feature maps, shallow to deep
  at::Tensor last_relu_input;  // of the last ReLU or ReLU6 of the forward pass, part of the graph
  int64_t layer_elements = 0;  // numbers that convolutions and BatchNorms put out
};

}  // namespace dfkd

#endif  // DFKD_NN_TAPS_H_
