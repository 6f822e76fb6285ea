// CLIP's text tower for inference (Radford et al., 2021).
#ifndef DFKD_ENCODERS_CLIP_TEXT_H_
#define DFKD_ENCODERS_CLIP_TEXT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/weights/weights.h"

namespace dfkd {

struct ClipTextOptions {
  int64_t heads = 0;       // 0: one per 64 of the width, as all of OpenAI's models
  bool quick_gelu = true;  // x * sigmoid(1.702 x), as OpenAI's weights were trained; else GELU
};

class ClipText {
 public:
  // Sizes are read off the tensors, which bear the names of OpenAI and open_clip
  // ("transformer.resblocks.0.ln_1.weight") or of HuggingFace ("text_model.encoder.layers.0...").
  // The image tower is passed over. `path` is for messages.
  static absl::StatusOr<ClipText> FromWeights(const ClipTextOptions& options,
                                              const WeightFile& file, absl::string_view path);

  // A row of ids per sentence, [N, L] int64, and the place of its last token, [N] int64. -> [N, D].
  // Attention is causal, so that what follows the last token does not count.
  at::Tensor Forward(const at::Tensor& ids, const at::Tensor& last) const;

  int64_t vocabulary() const { return token_embedding_.size(0); }
  int64_t positions() const { return position_embedding_.size(0); }
  int64_t embedding() const { return projection_.size(1); }

 private:
  // A linear layer or a LayerNorm.
  struct Affine {
    at::Tensor weight;
    at::Tensor bias;
  };
  struct Layer {
    Affine norm_1, query_key_value, attention_output, norm_2, mlp_in, mlp_out;
  };
  class Reader;

  explicit ClipText(const ClipTextOptions& options) : options_(options) {}
  at::Tensor SelfAttend(const Layer& layer, const at::Tensor& x) const;
  at::Tensor Activate(const at::Tensor& x) const;

  ClipTextOptions options_;
  at::Tensor token_embedding_;     // [V, W]
  at::Tensor position_embedding_;  // [P, W]
  std::vector<Layer> layers_;
  Affine final_norm_;
  at::Tensor projection_;  // [W, D]
};

}  // namespace dfkd

#endif  // DFKD_ENCODERS_CLIP_TEXT_H_
