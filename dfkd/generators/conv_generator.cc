#include <ATen/TensorOperators.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/generators/conv_blocks.h"
#include "dfkd/generators/conv_generator.pb.h"
#include "dfkd/generators/generator.h"
#include "dfkd/nn/layers.h"

namespace dfkd {
namespace {

// The generator for small images of CMI, Fast and NAYER. With C = channels, S = start_channels and
// h = ceil(height / 4), w = ceil(width / 4):
//
//   OFFICIAL (released code)                    PAPER (NAYER Table 4)
//   linear -> S x h x w                         linear, BatchNorm1d -> S x h x w
//   BatchNorm2d                                 conv S -> C, BatchNorm2d, LeakyReLU
//   up 2, conv S -> C, BatchNorm2d, LeakyReLU   up 2, conv C -> C/2, BatchNorm2d, LeakyReLU
//   up 2, conv C -> C/2, BatchNorm2d, LeakyReLU up 2, conv C/2 -> image
//   conv C/2 -> image, sigmoid                  sigmoid, BatchNorm2d
//
// All convolutions are 3x3; those before a BatchNorm2d have no bias; PAPER's are spectrally
// normalised. A size that 4 does not divide is made at the next one and cropped centrally.
// C = 128 is the generator of Fast and NAYER; start_channels = 256 with it is CMI's LargeGenerator.
// The parameter names of OFFICIAL are the released code's ("l1.0.weight", "conv_blocks.2.weight"
// ...).
//
// PAPER's last output is read as deviations from grey (ImagesFromDeviations).
class ConvGenerator : public Generator {
 public:
  using Config = ConvGeneratorConfig;

  static absl::Status Validate(const Config& config) {
    if (config.channels() % 2 != 0) {
      return ConfigError(
          absl::StrCat("channels is ", config.channels(),
                       "; must be even, as the second convolution has half of them"));
    }
    return absl::OkStatus();
  }

  static absl::StatusOr<std::unique_ptr<Generator>> Create(const Config& config,
                                                           const GeneratorContext& context) {
    return std::make_unique<ConvGenerator>(config, context);
  }

  ConvGenerator(const Config& config, const GeneratorContext& context)
      : layout_(config.layout()),
        start_channels_(config.start_channels() > 0 ? config.start_channels() : config.channels()),
        start_height_((context.height + 3) / 4),
        start_width_((context.width + 3) / 4),
        height_(context.height),
        width_(context.width) {
    RandomStream& init = *context.init;
    const int64_t start_size = start_channels_ * start_height_ * start_width_;
    project_ = AddModule<Sequential>("l1");
    project_->Add<Linear>(context.input_size, start_size, init);
    blocks_ = AddModule<Sequential>("conv_blocks");
    if (layout_ == Config::OFFICIAL) {
      BuildOfficial(config.channels(), context.channels, init);
    } else {
      project_->Add<BatchNorm>(start_size);
      BuildPaper(config.channels(), context.channels, init);
    }
  }

  at::Tensor Forward(const at::Tensor& latent) override {
    const at::Tensor start =
        project_->Forward(latent).view({-1, start_channels_, start_height_, start_width_});
    at::Tensor images = blocks_->Forward(start);
    if (layout_ == Config::PAPER) images = ImagesFromDeviations(images);
    return CropCenter(images, height_, width_);
  }

 private:
  void BuildOfficial(int64_t channels, int64_t image_channels, RandomStream& init) {
    blocks_->Add<BatchNorm>(start_channels_);
    blocks_->Add<UpsampleNearest2x>();
    AddConvBlock(*blocks_, start_channels_, channels, /*spectral_norm=*/false, init);
    blocks_->Add<UpsampleNearest2x>();
    AddConvBlock(*blocks_, channels, channels / 2, /*spectral_norm=*/false, init);
    AddConv3x3(*blocks_, channels / 2, image_channels, /*bias=*/true, /*spectral_norm=*/false,
               init);
    blocks_->Add<Sigmoid>();
  }

  void BuildPaper(int64_t channels, int64_t image_channels, RandomStream& init) {
    AddConvBlock(*blocks_, start_channels_, channels, /*spectral_norm=*/true, init);
    blocks_->Add<UpsampleNearest2x>();
    AddConvBlock(*blocks_, channels, channels / 2, /*spectral_norm=*/true, init);
    blocks_->Add<UpsampleNearest2x>();
    AddConv3x3(*blocks_, channels / 2, image_channels, /*bias=*/true, /*spectral_norm=*/true, init);
    blocks_->Add<Sigmoid>();
    blocks_->Add<BatchNorm>(image_channels);
  }

  const Config::Layout layout_;
  const int64_t start_channels_;
  const int64_t start_height_;
  const int64_t start_width_;
  const int64_t height_;
  const int64_t width_;
  Sequential* project_ = nullptr;
  Sequential* blocks_ = nullptr;
};

DFKD_REGISTER_PLUGIN(Generator, ConvGenerator);

}  // namespace
}  // namespace dfkd
