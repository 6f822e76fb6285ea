#include <ATen/TensorOperators.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/generators/conv_blocks.h"
#include "dfkd/generators/deep_generator.pb.h"
#include "dfkd/generators/generator.h"
#include "dfkd/nn/layers.h"

namespace dfkd {
namespace {

// NAYER's generator for ImageNet. With C = channels, h = ceil(height / 16), w = ceil(width / 16)
// and "block" for conv, BatchNorm2d, LeakyReLU:
//
//   OFFICIAL (released code)        PAPER (NAYER Table 5)
//   linear -> C x h x w             linear, BatchNorm1d -> C x h x w
//   block C -> C                    block C -> C, up 2
//   up 2, block C -> C              block C -> C, up 2
//   up 2, block C -> C/2            block C -> C/2, up 2
//   up 2, block C/2 -> C/2          block C/2 -> C/2, up 2
//   up 2, block C/2 -> C/2          conv C/2 -> image
//   conv C/2 -> image, sigmoid      sigmoid, BatchNorm2d
//
// All convolutions are 3x3; those before a BatchNorm2d have no bias; PAPER's are spectrally
// normalised, and its last convolution works on the upsampled map where OFFICIAL has one block
// more. A size that 16 does not divide is made at the next one and cropped centrally. The parameter
// names of OFFICIAL are the released code's ("l1.0.weight", "conv_blocks.4.weight" ...).
//
// The linear layer has input x C x h x w weights: 25 M at 224 pixels and an input of 1000, where a
// generator that starts at a quarter of the size has 401 M.
class DeepGenerator : public Generator {
 public:
  using Config = DeepGeneratorConfig;

  static absl::Status Validate(const Config& config) {
    if (config.channels() % 2 != 0) {
      return ConfigError(absl::StrCat("channels is ", config.channels(),
                                      "; must be even, as the later convolutions have half of "
                                      "them"));
    }
    return absl::OkStatus();
  }

  static absl::StatusOr<std::unique_ptr<Generator>> Create(const Config& config,
                                                           const GeneratorContext& context) {
    return std::make_unique<DeepGenerator>(config, context);
  }

  DeepGenerator(const Config& config, const GeneratorContext& context)
      : layout_(config.layout()),
        channels_(config.channels()),
        start_height_((context.height + 15) / 16),
        start_width_((context.width + 15) / 16),
        height_(context.height),
        width_(context.width) {
    RandomStream& init = *context.init;
    const int64_t start_size = channels_ * start_height_ * start_width_;
    project_ = AddModule<Sequential>("l1");
    project_->Add<Linear>(context.input_size, start_size, init);
    if (layout_ == Config::PAPER) project_->Add<BatchNorm>(start_size);
    blocks_ = AddModule<Sequential>("conv_blocks");
    BuildBlocks(context.channels, init);
  }

  at::Tensor Forward(const at::Tensor& latent) override {
    const at::Tensor start =
        project_->Forward(latent).view({-1, channels_, start_height_, start_width_});
    at::Tensor images = blocks_->Forward(start);
    if (layout_ == Config::PAPER) images = ImagesFromDeviations(images);
    return CropCenter(images, height_, width_);
  }

 private:
  void BuildBlocks(int64_t image_channels, RandomStream& init) {
    const bool paper = layout_ == Config::PAPER;
    const int64_t half = channels_ / 2;
    int64_t in = channels_;
    for (const int64_t out : {channels_, channels_, half, half}) {
      AddConvBlock(*blocks_, in, out, /*spectral_norm=*/paper, init);
      blocks_->Add<UpsampleNearest2x>();
      in = out;
    }
    if (!paper) AddConvBlock(*blocks_, half, half, /*spectral_norm=*/false, init);
    AddConv3x3(*blocks_, half, image_channels, /*bias=*/true, /*spectral_norm=*/paper, init);
    blocks_->Add<Sigmoid>();
    if (paper) blocks_->Add<BatchNorm>(image_channels);
  }

  const Config::Layout layout_;
  const int64_t channels_;
  const int64_t start_height_;
  const int64_t start_width_;
  const int64_t height_;
  const int64_t width_;
  Sequential* project_ = nullptr;
  Sequential* blocks_ = nullptr;
};

DFKD_REGISTER_PLUGIN(Generator, DeepGenerator);

}  // namespace
}  // namespace dfkd
