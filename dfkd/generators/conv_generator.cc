#include <ATen/TensorOperators.h>

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/augmentations/normalizer.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/generators/conv_blocks.h"
#include "dfkd/generators/conv_generator.pb.h"
#include "dfkd/generators/generator.h"
#include "dfkd/nn/layers.h"

namespace dfkd {
namespace {

// The generator for small images of DFAD, CMI, Fast and NAYER. With C = channels, S =
// start_channels and h = ceil(height / 4), w = ceil(width / 4):
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
//
// DFAD is OFFICIAL with tanh and a BatchNorm2d without weights behind it in place of the sigmoid.
// Its output y has mean 0 and variance 1 in each channel of a batch, and DFAD's teacher takes it as
// it is: it is a normalised image. Here it becomes mean + std y by the teacher's own statistics, so
// that the teacher behind its door sees y again. Values beyond [0, 1] are not cut, as they carry
// gradients; whoever keeps or shows the images cuts them. (DFAD's convolutions have a bias in front
// of their BatchNorm2d, which subtracts it again.)
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
    std::optional<Normalizer> door;
    if (config.layout() == Config::DFAD) {
      DFKD_ASSIGN_OR_RETURN(
          door, Normalizer::Create(context.normalization, context.channels, context.device));
    }
    return std::make_unique<ConvGenerator>(config, context, std::move(door));
  }

  ConvGenerator(const Config& config, const GeneratorContext& context,
                std::optional<Normalizer> door)
      : layout_(config.layout()),
        door_(std::move(door)),
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
    if (layout_ == Config::PAPER) {
      project_->Add<BatchNorm>(start_size);
      BuildPaper(config.channels(), context.channels, init);
    } else {
      BuildOfficial(config.channels(), context.channels, init);
    }
  }

  at::Tensor Forward(const at::Tensor& latent) override {
    const at::Tensor start =
        project_->Forward(latent).view({-1, start_channels_, start_height_, start_width_});
    at::Tensor images = blocks_->Forward(start);
    if (layout_ == Config::PAPER) images = ImagesFromDeviations(images);
    if (layout_ == Config::DFAD) images = door_->Invert(images.to(at::kFloat));
    return CropCenter(images, height_, width_);
  }

 private:
  // OFFICIAL, and DFAD with another end.
  void BuildOfficial(int64_t channels, int64_t image_channels, RandomStream& init) {
    blocks_->Add<BatchNorm>(start_channels_);
    blocks_->Add<UpsampleNearest2x>();
    AddConvBlock(*blocks_, start_channels_, channels, /*spectral_norm=*/false, init);
    blocks_->Add<UpsampleNearest2x>();
    AddConvBlock(*blocks_, channels, channels / 2, /*spectral_norm=*/false, init);
    AddConv3x3(*blocks_, channels / 2, image_channels, /*bias=*/true, /*spectral_norm=*/false,
               init);
    if (layout_ == Config::OFFICIAL) {
      blocks_->Add<Sigmoid>();
      return;
    }
    blocks_->Add<Tanh>();
    blocks_->Add<BatchNorm>(image_channels, /*eps=*/1e-5, /*momentum=*/0.1, /*affine=*/false);
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
  const std::optional<Normalizer> door_;  // the teacher's; only in layout DFAD
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
