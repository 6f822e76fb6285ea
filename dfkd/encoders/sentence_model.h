// A sentence encoder of the sentence-transformers kind: WordPiece, BERT, pooling.
#ifndef DFKD_ENCODERS_SENTENCE_MODEL_H_
#define DFKD_ENCODERS_SENTENCE_MODEL_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "dfkd/encoders/bert.h"
#include "dfkd/encoders/sentence_model_config.h"
#include "dfkd/encoders/wordpiece.h"

namespace dfkd {

// Where the model lies. `weights` and `vocabulary` are for those that lie elsewhere.
struct SentenceModelFiles {
  std::string dir;
  std::string weights;     // empty: model.safetensors or pytorch_model.bin in the folder
  std::string vocabulary;  // empty: vocab.txt or tokenizer.json in the folder
};

class SentenceModel {
 public:
  // Reads and checks every file. Errors are InputFileError.
  static absl::StatusOr<SentenceModel> Load(const SentenceModelFiles& files);

  // One float32 row per text, [T, hidden], before any normalisation. A text that is not UTF-8 is
  // refused.
  absl::StatusOr<at::Tensor> Encode(const std::vector<std::string>& texts) const;

  // Whether the model's own modules end in one that scales rows to length 1.
  bool normalizes() const { return config_.normalize; }

 private:
  SentenceModel(SentenceModelConfig config, WordPieceTokenizer tokenizer, Bert bert)
      : config_(std::move(config)), tokenizer_(std::move(tokenizer)), bert_(std::move(bert)) {}
  // The pooled rows of sentences of about one length.
  at::Tensor EncodeBatch(const std::vector<std::vector<int64_t>>& sentences) const;

  SentenceModelConfig config_;
  WordPieceTokenizer tokenizer_;
  Bert bert_;
};

}  // namespace dfkd

#endif  // DFKD_ENCODERS_SENTENCE_MODEL_H_
