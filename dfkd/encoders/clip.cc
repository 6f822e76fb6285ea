// CLIP's text tower (Radford et al., ICML 2021): class names to the space that images share.
//
//   s_k = prompt with class name k                         "a image of sea lion"
//   t   = <|startoftext|> byte pairs of s_k <|endoftext|>  at most 77 tokens
//   H   = transformer(t)                                   [L, W], causal attention
//   e_k = LayerNorm(H at <|endoftext|>) P                  [D], P [W, D]
//
// Rows are not scaled to length 1 unless asked for: NAYER's published embeddings of ViT-B/32
// (D = 512) have a length of about 10.8. The weights and the merges are the user's to bring.
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/encoders/byte_pair.h"
#include "dfkd/encoders/class_prompt.h"
#include "dfkd/encoders/clip.pb.h"
#include "dfkd/encoders/clip_text.h"
#include "dfkd/encoders/encoder.h"
#include "dfkd/weights/weights.h"

namespace dfkd {
namespace {

constexpr size_t kMaxMergesBytes = 16 << 20;

absl::Status CheckIsThere(const std::string& path, absl::string_view field,
                          absl::string_view content) {
  if (FileExists(path)) return absl::OkStatus();
  return InputFileError(absl::StrCat("there is no file ", path, "; it does not come with dfkd and ",
                                     "must hold ", content, ". Put it there, or set ", field,
                                     " to where it lies"));
}

// A text, packed with gzip or not.
absl::StatusOr<std::string> ReadMerges(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return InputFileError(absl::StrCat(path, ": cannot be read"));
  std::string text(kMaxMergesBytes + 1, '\0');
  const int size = gzread(file, text.data(), text.size());
  const bool whole = gzclose_r(file) == Z_OK && size >= 0;
  if (!whole || size > static_cast<int>(kMaxMergesBytes)) {
    return InputFileError(absl::StrCat(path, ": ", whole ? "is longer than 16 MB" : "is damaged"));
  }
  text.resize(size);
  return text;
}

class ClipEncoder : public Encoder {
 public:
  using Config = ClipConfig;

  static absl::Status Validate(const ClipConfig& config) { return CheckPrompt(config.prompt()); }

  static absl::StatusOr<std::unique_ptr<Encoder>> Create(const ClipConfig& config,
                                                         const EncoderContext&) {
    DFKD_RETURN_IF_ERROR(CheckIsThere(
        config.weights(), "ClipConfig.weights",
        "CLIP's weights, such as model.safetensors of a HuggingFace copy of ViT-B/32 or "
        "open_clip_model.safetensors"));
    DFKD_RETURN_IF_ERROR(
        CheckIsThere(config.merges(), "ClipConfig.merges",
                     "CLIP's byte-pair merges: merges.txt of a HuggingFace copy, or "
                     "bpe_simple_vocab_16e6.txt.gz of OpenAI's or open_clip's code"));
    DFKD_ASSIGN_OR_RETURN(const WeightFile file, ReadWeights(config.weights()));
    ClipTextOptions options;
    options.heads = config.heads();
    options.quick_gelu = config.activation() == ClipConfig::QUICK_GELU;
    DFKD_ASSIGN_OR_RETURN(ClipText tower, ClipText::FromWeights(options, file, config.weights()));
    DFKD_ASSIGN_OR_RETURN(const std::string merges, ReadMerges(config.merges()));
    DFKD_ASSIGN_OR_RETURN(
        BytePairTokenizer tokenizer,
        BytePairTokenizer::FromMerges(merges, config.merges(), tower.vocabulary()));
    return std::make_unique<ClipEncoder>(config, std::move(tokenizer), std::move(tower));
  }

  ClipEncoder(const ClipConfig& config, BytePairTokenizer tokenizer, ClipText tower)
      : config_(config), tokenizer_(std::move(tokenizer)), tower_(std::move(tower)) {}

  absl::StatusOr<at::Tensor> Encode(const std::vector<std::string>& class_names) override {
    at::NoGradGuard no_grad;
    const std::vector<std::string> sentences =
        RenderPrompts(config_.prompt(), config_.clean_names(), class_names);
    const int64_t count = sentences.size();
    at::Tensor ids = at::full({count, tower_.positions()}, 0, at::kLong);
    at::Tensor last = at::full({count}, 0, at::kLong);
    int64_t longest = 0;
    for (int64_t i = 0; i < count; ++i) {
      auto tokens = tokenizer_.Encode(sentences[i], tower_.positions());
      if (!tokens.ok()) return Annotate(tokens.status(), absl::StrCat("class ", i));
      std::copy(tokens->begin(), tokens->end(), ids.data_ptr<int64_t>() + i * tower_.positions());
      last.data_ptr<int64_t>()[i] = tokens->size() - 1;
      longest = std::max<int64_t>(longest, tokens->size());
    }
    const at::Tensor rows = Forward(ids.narrow(1, 0, longest), last);
    if (config_.normalize() != ClipConfig::L2) return rows;
    return rows / rows.norm(2, 1, /*keepdim=*/true).clamp_min(1e-12);
  }

 private:
  // In batches, for there may be a thousand classes.
  at::Tensor Forward(const at::Tensor& ids, const at::Tensor& last) const {
    constexpr int64_t kBatch = 64;
    at::Tensor rows = at::full({ids.size(0), tower_.embedding()}, 0, at::kFloat);
    for (int64_t start = 0; start < ids.size(0); start += kBatch) {
      const int64_t count = std::min(kBatch, ids.size(0) - start);
      rows.narrow(0, start, count)
          .copy_(tower_.Forward(ids.narrow(0, start, count), last.narrow(0, start, count)));
    }
    return rows;
  }

  ClipConfig config_;
  BytePairTokenizer tokenizer_;
  ClipText tower_;
};

DFKD_REGISTER_PLUGIN(Encoder, ClipEncoder);

}  // namespace
}  // namespace dfkd
