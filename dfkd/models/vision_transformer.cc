#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/index_select.h>
#include <c10/util/Exception.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/models/model.h"
#include "dfkd/models/vision_transformer.pb.h"
#include "dfkd/nn/attention.h"
#include "dfkd/nn/layer_norm.h"
#include "dfkd/nn/layers.h"

namespace dfkd {
namespace {

// Of the linear layers and the positions. timm cuts this normal distribution at -2 and 2, a hundred
// deviations away.
constexpr double kInitDeviation = 0.02;

std::unique_ptr<Linear> MakeLinear(int64_t in, int64_t out, RandomStream& init, bool bias = true) {
  auto linear = std::make_unique<Linear>(in, out, init, bias);
  linear->weight.detach().copy_(init.Normal({out, in}, 0, kInitDeviation));
  if (bias) linear->bias.detach().zero_();
  return linear;
}

class SelfAttention : public Layer {
 public:
  SelfAttention(int64_t width, const VisionTransformerConfig& config, RandomStream& init)
      : heads_(config.heads()) {
    qkv_ = AdoptModule("qkv", MakeLinear(width, 3 * width, init, config.qkv_bias()));
    proj_ = AdoptModule("proj", MakeLinear(width, width, init));
  }

  at::Tensor Forward(const at::Tensor& x, Taps& taps) override {
    const std::vector<at::Tensor> parts = qkv_->Forward(x, taps).chunk(3, -1);
    return proj_->Forward(Attend(parts[0], parts[1], parts[2], heads_), taps);
  }

 private:
  const int64_t heads_;
  Linear* qkv_;
  Linear* proj_;
};

class Mlp : public Layer {
 public:
  Mlp(int64_t width, int64_t hidden, RandomStream& init) {
    fc1_ = AdoptModule("fc1", MakeLinear(width, hidden, init));
    fc2_ = AdoptModule("fc2", MakeLinear(hidden, width, init));
  }

  at::Tensor Forward(const at::Tensor& x, Taps& taps) override {
    return fc2_->Forward(at::gelu(fc1_->Forward(x, taps)), taps);
  }

 private:
  Linear* fc1_;
  Linear* fc2_;
};

// x' = x + attn(norm1(x));  x'' = x' + mlp(norm2(x')).
class Block : public Layer {
 public:
  Block(const VisionTransformerConfig& config, RandomStream& init) {
    const int64_t width = config.width();
    const auto hidden = static_cast<int64_t>(static_cast<double>(width) * config.mlp_ratio());
    norm1_ = AddModule<LayerNorm>("norm1", width, config.norm_epsilon());
    attention_ = AddModule<SelfAttention>("attn", width, config, init);
    norm2_ = AddModule<LayerNorm>("norm2", width, config.norm_epsilon());
    mlp_ = AddModule<Mlp>("mlp", width, hidden, init);
  }

  at::Tensor Forward(const at::Tensor& x, Taps& taps) override {
    const at::Tensor h = x + attention_->Forward(norm1_->Forward(x, taps), taps);
    return h + mlp_->Forward(norm2_->Forward(h, taps), taps);
  }

 private:
  LayerNorm* norm1_;
  SelfAttention* attention_;
  LayerNorm* norm2_;
  Mlp* mlp_;
};

// Patches to tokens: [N, C, H, W] -> [N, D, H / P, W / P].
class PatchEmbedding : public Layer {
 public:
  PatchEmbedding(int64_t channels, const VisionTransformerConfig& config, RandomStream& init) {
    proj_ = AddModule<Conv2d>("proj",
                              ConvOptions{.in = channels,
                                          .out = config.width(),
                                          .kernel = config.patch_size(),
                                          .stride = config.patch_size()},
                              init);
  }
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override { return proj_->Forward(x, taps); }

 private:
  Conv2d* proj_;
};

// timm's VisionTransformer with global_pool "token": a token for each patch of P x P pixels and one
// for the class, to which positions are added; `depth` blocks; LayerNorm; a linear layer on the
// class token. No dropout and no stochastic depth, which are off in timm's defaults. Names and
// initial distributions are timm's: linear weights and positions N(0, 0.02^2), their biases 0, the
// class token N(0, 1e-12), the patches' convolution PyTorch's default.
//
// The grid has a position for each patch of an image of `image_size`. Smaller images take a part of
// it: from row and column taps.patch_offsets[n] on, or the middle where there are none, as MUSE
// shows low resolutions to a transformer. What the patches do not divide, and larger images, are
// refused.
//
// embedding is the class token behind the last LayerNorm [N, D], feature_map the patches' tokens
// there [N, D, h, w], of which the logits are no mean: the classifier never sees them. taps' stages
// are the blocks' outputs, as maps.
class VisionTransformer : public Model {
 public:
  using Config = VisionTransformerConfig;

  static absl::Status Validate(const Config& config) {
    if (config.width() % config.heads() != 0) {
      return ConfigError(absl::StrCat("heads is ", config.heads(), "; must divide width, which is ",
                                      config.width()));
    }
    if (config.image_size() % config.patch_size() != 0) {
      return ConfigError(absl::StrCat("image_size is ", config.image_size(),
                                      "; must be a multiple of patch_size, which is ",
                                      config.patch_size()));
    }
    return absl::OkStatus();
  }

  static Contract GetContract(const Config&) {
    return {{},
            {Capability::kFeatureMap, Capability::kClassifierWeight, Capability::kEmbedding,
             Capability::kStages, Capability::kPatchPositions}};
  }

  static absl::StatusOr<std::unique_ptr<Model>> Create(const Config& config,
                                                       const ModelContext& context) {
    const bool sized = config.has_image_size();
    const int64_t height = sized ? config.image_size() : context.height;
    const int64_t width = sized ? config.image_size() : context.width;
    const std::string images =
        absl::StrCat("images of ", context.height, "x", context.width, " pixels");
    if (height <= 0 || width <= 0) {
      return ConfigError(
          "VisionTransformerConfig.image_size is not set, and no card or data set says how large "
          "the images are");
    }
    if (context.height % config.patch_size() != 0 || context.width % config.patch_size() != 0) {
      return ConfigError(absl::StrCat("VisionTransformerConfig.patch_size is ", config.patch_size(),
                                      ", which does not divide ", images,
                                      "; choose another size of images, or another model"));
    }
    if (context.height > height || context.width > width) {
      return ConfigError(absl::StrCat("VisionTransformerConfig.image_size is ", config.image_size(),
                                      "; there are no positions for ", images,
                                      ", which are larger"));
    }
    const int64_t patch = config.patch_size();
    return std::make_unique<VisionTransformer>(config, context,
                                               PatchGrid{patch, height / patch, width / patch});
  }

  VisionTransformer(const Config& config, const ModelContext& context, const PatchGrid& grid)
      : grid_(grid) {
    RandomStream& init = *context.init;
    const int64_t width = config.width();
    cls_token_ = AddParameter("cls_token", init.Normal({1, 1, width}, 0, 1e-6));
    pos_embed_ = AddParameter(
        "pos_embed", init.Normal({1, 1 + grid.height * grid.width, width}, 0, kInitDeviation));
    patch_embed_ = AddModule<PatchEmbedding>("patch_embed", context.channels, config, init);
    blocks_ = AddModule<Sequential>("blocks");
    for (int i = 0; i < config.depth(); ++i) blocks_->Add<Block>(config, init);
    norm_ = AddModule<LayerNorm>("norm", width, config.norm_epsilon());
    head_ = AdoptModule("head", MakeLinear(width, context.num_classes, init));
  }

  ModelOutput Forward(const at::Tensor& x, Taps& taps) override {
    CheckSize(x);
    const int64_t h = x.size(2) / grid_.patch, w = x.size(3) / grid_.patch;
    const at::Tensor patches = patch_embed_->Forward(x, taps).flatten(2).transpose(1, 2) +
                               Positions(h, w, x.size(0), taps.patch_offsets);
    const at::Tensor class_token = cls_token_ + pos_embed_.narrow(1, 0, 1);
    at::Tensor tokens = at::cat({class_token.expand({x.size(0), 1, -1}), patches}, 1);
    for (size_t i = 0; i < blocks_->size(); ++i) {
      tokens = blocks_->at(i).Forward(tokens, taps);
      if (taps.want_stages) taps.stages.push_back(AsMap(tokens, h, w));
    }
    tokens = norm_->Forward(tokens, taps);
    ModelOutput output;
    output.embedding = tokens.select(1, 0);
    output.feature_map = AsMap(tokens, h, w);
    output.logits = head_->Forward(output.embedding, taps);
    return output;
  }

  at::Tensor ClassifierWeight() const override { return head_->weight; }
  at::Tensor ClassifierBias() const override { return head_->bias; }
  std::optional<PatchGrid> patch_grid() const override { return grid_; }

 private:
  // What LibTorch throws is told where the images come from; so is this.
  void CheckSize(const at::Tensor& x) const {
    const int64_t patch = grid_.patch;
    TORCH_CHECK(x.size(2) % patch == 0 && x.size(3) % patch == 0, "patches of ", patch,
                " pixels do not divide images of ", x.size(2), "x", x.size(3));
    TORCH_CHECK(x.size(2) <= grid_.height * patch && x.size(3) <= grid_.width * patch,
                "there are positions for images of up to ", grid_.height * patch, "x",
                grid_.width * patch, " pixels, not for ", x.size(2), "x", x.size(3));
  }

  // Of the patches [h, w] of each image, row by row: [1 or N, h * w, D].
  at::Tensor Positions(int64_t h, int64_t w, int64_t images, const at::Tensor& offsets) const {
    const at::Tensor grid =
        pos_embed_.narrow(1, 1, grid_.height * grid_.width).view({grid_.height, grid_.width, -1});
    if (!offsets.defined()) {
      return grid.narrow(0, (grid_.height - h) / 2, h)
          .narrow(1, (grid_.width - w) / 2, w)
          .reshape({1, h * w, -1});
    }
    TORCH_CHECK(offsets.dim() == 2 && offsets.size(0) == images && offsets.size(1) == 2,
                "patch_offsets is ", offsets.sizes(), "; must be [", images, ", 2]");
    const at::Tensor first_row = offsets.narrow(1, 0, 1), first_column = offsets.narrow(1, 1, 1);
    TORCH_CHECK(offsets.min().item<int64_t>() >= 0 &&
                    first_row.max().item<int64_t>() <= grid_.height - h &&
                    first_column.max().item<int64_t>() <= grid_.width - w,
                "patch_offsets leave the grid of ", grid_.height, "x", grid_.width, " positions");
    const at::Tensor rows = (first_row + at::arange(h, at::kLong)).unsqueeze(2);        // [N, h, 1]
    const at::Tensor columns = (first_column + at::arange(w, at::kLong)).unsqueeze(1);  // [N, 1, w]
    const at::Tensor index = (rows * grid_.width + columns).flatten().to(grid.device());
    return at::index_select(grid.flatten(0, 1), 0, index).view({images, h * w, -1});
  }

  // The patches' tokens of [N, 1 + h * w, D] -> [N, D, h, w].
  static at::Tensor AsMap(const at::Tensor& tokens, int64_t h, int64_t w) {
    return tokens.narrow(1, 1, h * w).transpose(1, 2).view({tokens.size(0), tokens.size(2), h, w});
  }

  const PatchGrid grid_;
  at::Tensor cls_token_;  // [1, 1, D]
  at::Tensor pos_embed_;  // [1, 1 + grid, D], the class token's first
  PatchEmbedding* patch_embed_;
  Sequential* blocks_;
  LayerNorm* norm_;
  Linear* head_;
};

DFKD_REGISTER_PLUGIN(Model, VisionTransformer);

}  // namespace
}  // namespace dfkd
