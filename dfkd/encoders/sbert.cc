// Sentence-BERT (Reimers and Gurevych, EMNLP 2019): class names to sentence embeddings.
//
//   s_k = prompt with class name k          "a image of sea lion"
//   t   = [CLS] WordPiece(s_k) [SEP]        at most max_seq_length tokens
//   H   = BERT(t)                           [L, D]
//   e_k = mean over the L tokens of H       [D]
//   e_k = e_k / max(|e_k|, 1e-12)           where normalize says so
//
// Rows of the model that comes with dfkd, all-MiniLM-L6-v2, have D = 384 and length 1.
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dfkd/core/registry.h"
#include "dfkd/core/shipped_file.h"
#include "dfkd/core/status.h"
#include "dfkd/encoders/class_prompt.h"
#include "dfkd/encoders/encoder.h"
#include "dfkd/encoders/sbert.pb.h"
#include "dfkd/encoders/sentence_model.h"

namespace dfkd {
namespace {

// all-MiniLM-L6-v2.
absl::StatusOr<std::string> ShippedModelDir() {
  DFKD_ASSIGN_OR_RETURN(const std::string file,
                        FindShippedFile("minilm/modules.json", "share/minilm/modules.json"));
  return std::filesystem::path(file).parent_path().string();
}

class SbertEncoder : public Encoder {
 public:
  using Config = SbertConfig;

  static absl::Status Validate(const SbertConfig& config) { return CheckPrompt(config.prompt()); }

  static absl::StatusOr<std::unique_ptr<Encoder>> Create(const SbertConfig& config,
                                                         const EncoderContext&) {
    SentenceModelFiles files{config.model_dir(), config.weights(), config.vocabulary()};
    if (files.dir.empty()) {
      DFKD_ASSIGN_OR_RETURN(files.dir, ShippedModelDir());
    }
    DFKD_ASSIGN_OR_RETURN(SentenceModel model, SentenceModel::Load(files));
    return std::make_unique<SbertEncoder>(config, std::move(model));
  }

  SbertEncoder(const SbertConfig& config, SentenceModel model)
      : config_(config), model_(std::move(model)) {}

  absl::StatusOr<at::Tensor> Encode(const std::vector<std::string>& class_names) override {
    DFKD_ASSIGN_OR_RETURN(
        const at::Tensor rows,
        model_.Encode(RenderPrompts(config_.prompt(), config_.clean_names(), class_names)));
    return Normalizes() ? rows / rows.norm(2, 1, /*keepdim=*/true).clamp_min(1e-12) : rows;
  }

 private:
  bool Normalizes() const {
    switch (config_.normalize()) {
      case SbertConfig::L2:
        return true;
      case SbertConfig::NONE:
        return false;
      case SbertConfig::AUTO:
        return model_.normalizes();
    }
    return false;
  }

  SbertConfig config_;
  SentenceModel model_;
};

DFKD_REGISTER_PLUGIN(Encoder, SbertEncoder);

}  // namespace
}  // namespace dfkd
