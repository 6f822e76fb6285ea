// An image generator. Plugins of category "generator".
#ifndef DFKD_GENERATORS_GENERATOR_H_
#define DFKD_GENERATORS_GENERATOR_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/nn/module.h"

namespace dfkd {

struct GeneratorContext {
  int64_t input_size = 0;  // length of the latent vector
  int64_t channels = 3;
  int64_t height = 32;  // any size: made at the next size that the architecture has, then cropped
  int64_t width = 32;
  Normalization normalization;   // of the teacher's inputs; empty where nobody knows it
  RandomStream* init = nullptr;  // never null
  at::Device device = at::kCPU;  // of Forward's input; whoever asks for it moves the module there
};

class Generator : public Module {
 public:
  static constexpr char kCategory[] = "generator";
  using Context = GeneratorContext;

  // latent [N, input_size] -> images [N, channels, height, width] in [0, 1]. Only a generator that
  // makes the teacher's input itself (ConvGeneratorConfig.DFAD) leaves that range.
  virtual at::Tensor Forward(const at::Tensor& latent) = 0;
};

}  // namespace dfkd

#endif  // DFKD_GENERATORS_GENERATOR_H_
