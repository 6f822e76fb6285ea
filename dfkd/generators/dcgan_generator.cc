#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <memory>

#include "absl/strings/match.h"
#include "dfkd/core/registry.h"
#include "dfkd/generators/conv_blocks.h"
#include "dfkd/generators/dcgan_generator.pb.h"
#include "dfkd/generators/generator.h"
#include "dfkd/nn/conv_transpose.h"
#include "dfkd/nn/layers.h"

namespace dfkd {
namespace {

// DCGAN's distributions, in place of PyTorch's: weights N(0, 0.02), those of BatchNorm2d N(1,
// 0.02), every bias 0.
void DrawWeights(const Module& module, RandomStream& init) {
  at::NoGradGuard no_grad;
  for (const NamedTensor& parameter : module.NamedParameters()) {
    if (absl::EndsWith(parameter.name, ".bias")) {
      parameter.tensor.zero_();
    } else {
      const double mean = parameter.tensor.dim() > 1 ? 0.0 : 1.0;
      parameter.tensor.copy_(init.Normal(parameter.tensor.sizes(), mean, 0.02));
    }
  }
}

// The generator of DCGAN (Radford, Metz, Chintala, 2016) as DFAD's code has it for segmentation and
// for Caltech-101. With C = channels, h = ceil(height / 16), w = ceil(width / 16) and "up" for a
// transposed convolution that doubles the map (4x4, stride 2, padding 1, without bias),
// BatchNorm2d, LeakyReLU(0.2):
//
//   linear -> 8C x h x w, BatchNorm2d
//   up 8C -> 4C,  up 4C -> 2C,  up 2C -> C,  up C -> C
//   conv 3x3 C -> image, tanh
//
// A size that 16 does not divide is made at the next one and cropped centrally. The parameter names
// are the released code's ("project.1.weight", "main.13.bias" ...).
//
// The tanh's y in [-1, 1] is the teacher's input in DFAD's code, whose teachers for these data
// normalise with mean and deviation 0.5. Here it becomes the image (1 + y) / 2 in [0, 1], so that
// such a teacher sees y again behind its door, and any other an image of its own range.
class DcganGenerator : public Generator {
 public:
  using Config = DcganGeneratorConfig;

  static absl::StatusOr<std::unique_ptr<Generator>> Create(const Config& config,
                                                           const GeneratorContext& context) {
    return std::make_unique<DcganGenerator>(config, context);
  }

  DcganGenerator(const Config& config, const GeneratorContext& context)
      : start_channels_(8 * int64_t{config.channels()}),
        start_height_((context.height + 15) / 16),
        start_width_((context.width + 15) / 16),
        height_(context.height),
        width_(context.width) {
    RandomStream& init = *context.init;
    project_ = AddModule<Sequential>("project");
    project_->AddNamed<Linear>("1", context.input_size,
                               start_channels_ * start_height_ * start_width_, init);
    main_ = AddModule<Sequential>("main");
    main_->Add<BatchNorm>(start_channels_);
    const int64_t last = config.channels();
    int64_t in = start_channels_;
    for (const int64_t out : {4 * last, 2 * last, last, last}) {
      AddUp(in, out, init);
      in = out;
    }
    AddConv3x3(*main_, last, context.channels, /*bias=*/true, /*spectral_norm=*/false, init);
    main_->Add<Tanh>();
    DrawWeights(*this, init);
  }

  at::Tensor Forward(const at::Tensor& latent) override {
    const at::Tensor start =
        project_->Forward(latent).view({-1, start_channels_, start_height_, start_width_});
    const at::Tensor y = main_->Forward(start).to(at::kFloat);
    return CropCenter(0.5 * (1 + y), height_, width_);
  }

 private:
  void AddUp(int64_t in, int64_t out, RandomStream& init) {
    main_->Add<ConvTranspose2d>(
        ConvOptions{.in = in, .out = out, .kernel = 4, .stride = 2, .padding = 1, .bias = false},
        init);
    main_->Add<BatchNorm>(out);
    main_->Add<LeakyReLU>(0.2, /*in_place=*/true);
  }

  const int64_t start_channels_;
  const int64_t start_height_;
  const int64_t start_width_;
  const int64_t height_;
  const int64_t width_;
  Sequential* project_ = nullptr;
  Sequential* main_ = nullptr;
};

DFKD_REGISTER_PLUGIN(Generator, DcganGenerator);

}  // namespace
}  // namespace dfkd
