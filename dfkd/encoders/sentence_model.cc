#include "dfkd/encoders/sentence_model.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dfkd/core/files.h"
#include "dfkd/core/status.h"
#include "dfkd/encoders/json_file.h"
#include "dfkd/weights/weights.h"

namespace dfkd {
namespace {

constexpr int64_t kMaxVocabularyBytes = 16 << 20;
constexpr size_t kBatch = 32;

// The first of two files in `dir`, unless only the second is there.
std::string EitherFile(const std::string& dir, const char* first, const char* second) {
  const std::string path = JoinPath(dir, first);
  return !FileExists(path) && FileExists(JoinPath(dir, second)) ? JoinPath(dir, second) : path;
}

// The tokens of a tokenizer.json as the lines of a vocab.txt.
absl::StatusOr<std::string> VocabularyOfTokenizerJson(const std::string& path) {
  DFKD_ASSIGN_OR_RETURN(const JsonFile file, JsonFile::Read(path, kMaxVocabularyBytes));
  const nlohmann::json& model = file.Get("model");
  const bool is_wordpiece = model.is_object() && model.contains("type") &&
                            model["type"] == "WordPiece" && model.contains("vocab") &&
                            model["vocab"].is_object();
  if (!is_wordpiece) {
    return InputFileError(absl::StrCat(path,
                                       ": is not the tokenizer.json of a BERT model; its "
                                       "\"model\" must be a WordPiece with a \"vocab\""));
  }
  const nlohmann::json& vocabulary = model["vocab"];
  std::vector<std::string> lines(vocabulary.size());
  for (const auto& [token, id] : vocabulary.items()) {
    const bool fits = id.is_number_unsigned() && id < lines.size() && lines[id].empty();
    if (!fits) {
      return InputFileError(absl::StrCat(path, ": token \"", token, "\" has the id ", id.dump(),
                                         "; ids must count from 0, one token each"));
    }
    lines[id] = token;
  }
  return absl::StrJoin(lines, "\n");
}

absl::StatusOr<std::string> ReadVocabulary(const std::string& path) {
  if (absl::EndsWith(path, ".json")) return VocabularyOfTokenizerJson(path);
  return ReadFile(path, kMaxVocabularyBytes);
}

// Positions of `sentences`, the shortest first: a batch is padded to its longest.
std::vector<size_t> OrderByLength(const std::vector<std::vector<int64_t>>& sentences) {
  std::vector<size_t> order(sentences.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return sentences[a].size() < sentences[b].size(); });
  return order;
}

}  // namespace

absl::StatusOr<SentenceModel> SentenceModel::Load(const SentenceModelFiles& files) {
  DFKD_ASSIGN_OR_RETURN(SentenceModelConfig config, ReadSentenceModelConfig(files.dir));
  const std::string& dir = config.transformer_dir;
  const std::string vocabulary_path =
      files.vocabulary.empty() ? EitherFile(dir, "vocab.txt", "tokenizer.json") : files.vocabulary;
  DFKD_ASSIGN_OR_RETURN(const std::string vocabulary, ReadVocabulary(vocabulary_path));
  DFKD_ASSIGN_OR_RETURN(
      WordPieceTokenizer tokenizer,
      WordPieceTokenizer::FromVocabulary(vocabulary, vocabulary_path, config.words));
  if (tokenizer.size() > config.bert.vocabulary) {
    return InputFileError(absl::StrCat(vocabulary_path, ": has ", tokenizer.size(),
                                       " tokens; the model in ", files.dir, " has rows for ",
                                       config.bert.vocabulary));
  }
  const std::string weights_path = files.weights.empty()
                                       ? EitherFile(dir, "model.safetensors", "pytorch_model.bin")
                                       : files.weights;
  DFKD_ASSIGN_OR_RETURN(const WeightFile weights, ReadWeights(weights_path));
  DFKD_ASSIGN_OR_RETURN(Bert bert, Bert::FromWeights(config.bert, weights, weights_path));
  return SentenceModel(std::move(config), std::move(tokenizer), std::move(bert));
}

absl::StatusOr<at::Tensor> SentenceModel::Encode(const std::vector<std::string>& texts) const {
  at::NoGradGuard no_grad;
  std::vector<std::vector<int64_t>> sentences;
  sentences.reserve(texts.size());
  for (const std::string& text : texts) {
    auto ids = tokenizer_.Encode(text, config_.max_length);
    if (!ids.ok()) return Annotate(ids.status(), absl::StrCat("text ", sentences.size()));
    sentences.push_back(*std::move(ids));
  }
  const std::vector<size_t> order = OrderByLength(sentences);
  at::Tensor rows = at::empty({static_cast<int64_t>(texts.size()), bert_.hidden()}, at::kFloat);
  for (size_t start = 0; start < order.size(); start += kBatch) {
    const size_t count = std::min(kBatch, order.size() - start);
    std::vector<std::vector<int64_t>> batch;
    for (size_t i = 0; i < count; ++i) batch.push_back(sentences[order[start + i]]);
    const at::Tensor pooled = EncodeBatch(batch);
    for (size_t i = 0; i < count; ++i) rows[order[start + i]].copy_(pooled[i]);
  }
  return rows;
}

at::Tensor SentenceModel::EncodeBatch(const std::vector<std::vector<int64_t>>& sentences) const {
  const int64_t count = sentences.size();
  const int64_t length = sentences.back().size();
  at::Tensor ids = at::full({count, length}, tokenizer_.pad_id(), at::kLong);
  at::Tensor mask = at::zeros({count, length}, at::kBool);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t tokens = sentences[i].size();
    std::copy(sentences[i].begin(), sentences[i].end(), ids.data_ptr<int64_t>() + i * length);
    mask[i].narrow(0, 0, tokens).fill_(true);
  }
  const at::Tensor tokens = bert_.Forward(ids, mask);  // [N, L, hidden]
  if (config_.pooling == Pooling::kFirstToken) return tokens.select(1, 0);
  const at::Tensor weight = mask.unsqueeze(2).to(at::kFloat);
  return (tokens * weight).sum(1) / weight.sum(1);
}

}  // namespace dfkd
