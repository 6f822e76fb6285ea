#include "dfkd/encoders/clip_text.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/sigmoid.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"
#include "dfkd/encoders/named_tensors.h"
#include "dfkd/nn/attention.h"

namespace dfkd {
namespace {

constexpr double kNormEpsilon = 1e-5;
constexpr int64_t kHeadWidth = 64;

// What the two families of files call the same tensors. Attention differs in more than names.
struct Names {
  const char* token;
  const char* position;
  const char* layer;
  const char* norm_1;
  const char* attention_output;
  const char* norm_2;
  const char* mlp_in;
  const char* mlp_out;
  const char* final_norm;
  const char* projection;
};

constexpr Names kOpenAi = {"token_embedding.weight",
                           "positional_embedding",
                           "transformer.resblocks.",
                           ".ln_1",
                           ".attn.out_proj",
                           ".ln_2",
                           ".mlp.c_fc",
                           ".mlp.c_proj",
                           "ln_final",
                           "text_projection"};
constexpr Names kHuggingFace = {"text_model.embeddings.token_embedding.weight",
                                "text_model.embeddings.position_embedding.weight",
                                "text_model.encoder.layers.",
                                ".layer_norm1",
                                ".self_attn.out_proj",
                                ".layer_norm2",
                                ".mlp.fc1",
                                ".mlp.fc2",
                                "text_model.final_layer_norm",
                                "text_projection.weight"};

at::Tensor Norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return at::layer_norm(x, weight.sizes(), weight, bias, kNormEpsilon);
}

}  // namespace

// Reads the tensors of one file into a tower.
class ClipText::Reader {
 public:
  Reader(const WeightFile& file, absl::string_view path)
      : path_(path),
        tensors_(file, path, "text."),
        hugging_face_(tensors_.Find(kHuggingFace.token) != nullptr),
        names_(hugging_face_ ? kHuggingFace : kOpenAi) {}

  absl::Status Read(ClipText* tower) {
    tower->token_embedding_ = TakeMatrix(names_.token);
    tower->position_embedding_ = TakeMatrix(names_.position);
    at::Tensor projection = TakeMatrix(names_.projection);
    DFKD_RETURN_IF_ERROR(tensors_.status());
    width_ = tower->token_embedding_.size(1);
    tower->projection_ = hugging_face_ ? projection.t() : projection;
    // Once more, now that the width is known.
    tensors_.Take(names_.position, {tower->positions(), width_});
    tensors_.Take(names_.projection, hugging_face_ ? at::IntArrayRef({tower->embedding(), width_})
                                                   : at::IntArrayRef({width_, tower->embedding()}));
    if (tower->positions() < 2 || tower->vocabulary() == 0 || width_ == 0 ||
        tower->embedding() == 0) {
      return InputFileError(absl::StrCat(path_, ": ", names_.token, ", ", names_.position, " or ",
                                         names_.projection, " is empty"));
    }
    tower->final_norm_ = TakeNorm(names_.final_norm);
    while (tensors_.status().ok() && HasLayer(tower->layers_.size())) {
      tower->layers_.push_back(TakeLayer(tower->layers_.size()));
    }
    DFKD_RETURN_IF_ERROR(tensors_.status());
    // A file without layers is not a tower; this names the first tensor of the first.
    if (tower->layers_.empty()) TakeLayer(0);
    return tensors_.status();
  }

 private:
  // A matrix of whatever size.
  at::Tensor TakeMatrix(const char* name) {
    const at::Tensor* found = tensors_.Find(name);
    const bool is_matrix = found != nullptr && found->dim() == 2;
    return tensors_.Take(name, is_matrix ? found->sizes() : at::IntArrayRef({-1, -1}));
  }
  Affine TakeNorm(const std::string& name) {
    return {tensors_.Take(name + ".weight", {width_}), tensors_.Take(name + ".bias", {width_})};
  }
  Affine TakeLinear(const std::string& name, int64_t out, int64_t in) {
    return {tensors_.Take(name + ".weight", {out, in}), tensors_.Take(name + ".bias", {out})};
  }
  bool HasLayer(size_t i) const {
    return tensors_.Find(absl::StrCat(names_.layer, i, names_.norm_1, ".weight")) != nullptr;
  }

  Affine TakeQueryKeyValue(const std::string& prefix) {
    if (!hugging_face_) {
      return {tensors_.Take(prefix + ".attn.in_proj_weight", {3 * width_, width_}),
              tensors_.Take(prefix + ".attn.in_proj_bias", {3 * width_})};
    }
    const Affine query = TakeLinear(prefix + ".self_attn.q_proj", width_, width_);
    const Affine key = TakeLinear(prefix + ".self_attn.k_proj", width_, width_);
    const Affine value = TakeLinear(prefix + ".self_attn.v_proj", width_, width_);
    if (!tensors_.status().ok()) return {};
    return {at::cat({query.weight, key.weight, value.weight}),
            at::cat({query.bias, key.bias, value.bias})};
  }

  Layer TakeLayer(size_t i) {
    const std::string prefix = absl::StrCat(names_.layer, i);
    Layer layer;
    layer.norm_1 = TakeNorm(prefix + names_.norm_1);
    layer.query_key_value = TakeQueryKeyValue(prefix);
    layer.attention_output = TakeLinear(prefix + names_.attention_output, width_, width_);
    layer.norm_2 = TakeNorm(prefix + names_.norm_2);
    layer.mlp_in = TakeLinear(prefix + names_.mlp_in, 4 * width_, width_);
    layer.mlp_out = TakeLinear(prefix + names_.mlp_out, width_, 4 * width_);
    return layer;
  }

  const std::string path_;
  NamedTensors tensors_;
  const bool hugging_face_;
  const Names& names_;
  int64_t width_ = 0;
};

absl::StatusOr<ClipText> ClipText::FromWeights(const ClipTextOptions& options,
                                               const WeightFile& file, absl::string_view path) {
  ClipText tower(options);
  DFKD_RETURN_IF_ERROR(Reader(file, path).Read(&tower));
  const int64_t width = tower.token_embedding_.size(1);
  if (tower.options_.heads == 0) tower.options_.heads = std::max<int64_t>(width / kHeadWidth, 1);
  if (width % tower.options_.heads != 0) {
    return ConfigError(absl::StrCat(path, ": the text tower is ", width, " wide; heads is ",
                                    tower.options_.heads, ", which does not divide it"));
  }
  return tower;
}

at::Tensor ClipText::SelfAttend(const Layer& layer, const at::Tensor& x) const {
  const std::vector<at::Tensor> parts =
      at::linear(x, layer.query_key_value.weight, layer.query_key_value.bias).chunk(3, -1);
  const at::Tensor attended =
      Attend(parts[0], parts[1], parts[2], options_.heads, {.mask = {}, .causal = true});
  return at::linear(attended, layer.attention_output.weight, layer.attention_output.bias);
}

at::Tensor ClipText::Activate(const at::Tensor& x) const {
  return options_.quick_gelu ? x * at::sigmoid(1.702 * x) : at::gelu(x);
}

at::Tensor ClipText::Forward(const at::Tensor& ids, const at::Tensor& last) const {
  at::Tensor x =
      at::embedding(token_embedding_, ids) + position_embedding_.narrow(0, 0, ids.size(1));
  for (const Layer& layer : layers_) {
    x = x + SelfAttend(layer, Norm(x, layer.norm_1.weight, layer.norm_1.bias));
    const at::Tensor hidden = at::linear(Norm(x, layer.norm_2.weight, layer.norm_2.bias),
                                         layer.mlp_in.weight, layer.mlp_in.bias);
    x = x + at::linear(Activate(hidden), layer.mlp_out.weight, layer.mlp_out.bias);
  }
  const at::Tensor ends = x.index({at::arange(ids.size(0)), last});  // [N, W]
  return Norm(ends, final_norm_.weight, final_norm_.bias).matmul(projection_);
}

}  // namespace dfkd
