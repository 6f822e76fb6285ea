#include "dfkd/encoders/bert.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"
#include "dfkd/encoders/named_tensors.h"
#include "dfkd/nn/attention.h"

namespace dfkd {

absl::StatusOr<Bert> Bert::FromWeights(const BertOptions& options, const WeightFile& file,
                                       absl::string_view path) {
  NamedTensors tensors(file, path, "bert.");
  const auto take = [&](absl::string_view name, int64_t out, int64_t in) {
    return Affine{tensors.Take(absl::StrCat(name, ".weight"), {out, in}),
                  tensors.Take(absl::StrCat(name, ".bias"), {out})};
  };
  const int64_t hidden = options.hidden;
  const auto take_norm = [&](absl::string_view name) {
    return Affine{tensors.Take(absl::StrCat(name, ".weight"), {hidden}),
                  tensors.Take(absl::StrCat(name, ".bias"), {hidden})};
  };

  Bert bert(options);
  bert.word_embeddings_ =
      tensors.Take("embeddings.word_embeddings.weight", {options.vocabulary, hidden});
  bert.position_embeddings_ =
      tensors.Take("embeddings.position_embeddings.weight", {options.positions, hidden});
  bert.token_type_embeddings_ =
      tensors.Take("embeddings.token_type_embeddings.weight", {options.token_types, hidden});
  bert.embedding_norm_ = take_norm("embeddings.LayerNorm");
  // A file without a layer ends the loop: a config may ask for any number of them.
  for (int64_t i = 0; i < options.layers && tensors.status().ok(); ++i) {
    const std::string prefix = absl::StrCat("encoder.layer.", i, ".");
    Layer layer;
    layer.query = take(prefix + "attention.self.query", hidden, hidden);
    layer.key = take(prefix + "attention.self.key", hidden, hidden);
    layer.value = take(prefix + "attention.self.value", hidden, hidden);
    layer.attention_output = take(prefix + "attention.output.dense", hidden, hidden);
    layer.attention_norm = take_norm(prefix + "attention.output.LayerNorm");
    layer.intermediate = take(prefix + "intermediate.dense", options.intermediate, hidden);
    layer.output = take(prefix + "output.dense", hidden, options.intermediate);
    layer.output_norm = take_norm(prefix + "output.LayerNorm");
    bert.layers_.push_back(std::move(layer));
  }
  DFKD_RETURN_IF_ERROR(tensors.status());
  return bert;
}

at::Tensor Bert::Norm(const Affine& norm, const at::Tensor& x) const {
  return at::layer_norm(x, {options_.hidden}, norm.weight, norm.bias, options_.norm_epsilon);
}

at::Tensor Bert::Forward(const at::Tensor& ids, const at::Tensor& mask) const {
  const int64_t length = ids.size(1);
  const at::Tensor key_mask = mask.view({ids.size(0), 1, 1, length});
  // One sentence: all tokens are of type 0.
  at::Tensor x = at::embedding(word_embeddings_, ids) + position_embeddings_.narrow(0, 0, length) +
                 token_type_embeddings_.select(0, 0);
  x = Norm(embedding_norm_, x);
  for (const Layer& layer : layers_) {
    const auto linear = [](const Affine& affine, const at::Tensor& input) {
      return at::linear(input, affine.weight, affine.bias);
    };
    const at::Tensor attended = Attend(linear(layer.query, x), linear(layer.key, x),
                                       linear(layer.value, x), options_.heads, {.mask = key_mask});
    x = Norm(layer.attention_norm, x + linear(layer.attention_output, attended));
    x = Norm(layer.output_norm, x + linear(layer.output, at::gelu(linear(layer.intermediate, x))));
  }
  return x;
}

}  // namespace dfkd
