// BERT's encoder for inference (Devlin et al., 2019), with HuggingFace's tensor names.
#ifndef DFKD_ENCODERS_BERT_H_
#define DFKD_ENCODERS_BERT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/weights/weights.h"

namespace dfkd {

struct BertOptions {
  int64_t vocabulary = 30522;
  int64_t positions = 512;
  int64_t token_types = 2;
  int64_t hidden = 768;
  int64_t intermediate = 3072;
  int64_t layers = 12;
  int64_t heads = 12;  // divides `hidden`
  double norm_epsilon = 1e-12;
};

class Bert {
 public:
  // The pooler, which sentence encoders do not use, is passed over. `path` is for messages.
  static absl::StatusOr<Bert> FromWeights(const BertOptions& options, const WeightFile& file,
                                          absl::string_view path);

  // ids [N, L] int64; mask [N, L] bool, true where a token stands. -> [N, L, hidden]; what stands
  // where the mask is false means nothing. L is at most `positions`.
  at::Tensor Forward(const at::Tensor& ids, const at::Tensor& mask) const;

  int64_t hidden() const { return options_.hidden; }

 private:
  // A linear layer or a LayerNorm.
  struct Affine {
    at::Tensor weight;
    at::Tensor bias;
  };
  struct Layer {
    Affine query, key, value, attention_output, attention_norm, intermediate, output, output_norm;
  };

  explicit Bert(const BertOptions& options) : options_(options) {}
  at::Tensor Norm(const Affine& norm, const at::Tensor& x) const;

  BertOptions options_;
  at::Tensor word_embeddings_;
  at::Tensor position_embeddings_;
  at::Tensor token_type_embeddings_;
  Affine embedding_norm_;
  std::vector<Layer> layers_;
};

}  // namespace dfkd

#endif  // DFKD_ENCODERS_BERT_H_
