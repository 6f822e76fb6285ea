#include "dfkd/encoders/sentence_model_config.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/files.h"
#include "dfkd/core/status.h"
#include "dfkd/encoders/json_file.h"

namespace dfkd {
namespace {

using Json = nlohmann::json;

struct ModuleList {
  std::string transformer_dir;
  std::string pooling_dir;
  bool normalize = false;
};

// "sentence_transformers.models.Pooling" -> "Pooling"; empty where `module` is not as it should be.
std::string ModuleKind(const Json& module) {
  for (const char* key : {"type", "path"}) {
    if (!module.is_object() || !module.contains(key) || !module[key].is_string()) return "";
  }
  const std::string type = module["type"];
  return type.substr(type.rfind('.') + 1);
}

absl::StatusOr<ModuleList> ReadModules(const std::string& dir) {
  DFKD_ASSIGN_OR_RETURN(const JsonFile file, JsonFile::Read(JoinPath(dir, "modules.json")));
  ModuleList modules;
  std::vector<std::string> kinds;
  for (const Json& module : file.json()) {
    kinds.push_back(ModuleKind(module));
    if (kinds.back().empty()) {
      return InputFileError(absl::StrCat(
          file.path(), ": must be a list of modules, each with a \"type\" and a \"path\""));
    }
    const std::string path = module["path"];
    if (absl::StartsWith(path, "/") || absl::StrContains(path, "..")) {
      return InputFileError(absl::StrCat(file.path(), ": path \"", path, "\" leaves the folder"));
    }
    if (kinds.back() == "Transformer") modules.transformer_dir = path;
    if (kinds.back() == "Pooling") modules.pooling_dir = path;
    if (kinds.back() == "Normalize") modules.normalize = true;
  }
  if (kinds != std::vector<std::string>{"Transformer", "Pooling"} &&
      kinds != std::vector<std::string>{"Transformer", "Pooling", "Normalize"}) {
    return InputFileError(
        absl::StrCat(file.path(), ": the modules are [", absl::StrJoin(kinds, ", "),
                     "]; dfkd runs [Transformer, Pooling] and [Transformer, Pooling, Normalize]"));
  }
  return modules;
}

absl::StatusOr<BertOptions> ReadNetwork(const std::string& dir) {
  DFKD_ASSIGN_OR_RETURN(JsonFile file, JsonFile::Read(JoinPath(dir, "config.json")));
  file.Expect("model_type", "bert");
  file.Expect("hidden_act", "gelu");
  file.Expect("position_embedding_type", "absolute");
  BertOptions bert;
  bert.vocabulary = file.Size("vocab_size");
  bert.positions = file.Size("max_position_embeddings");
  bert.token_types = file.Size("type_vocab_size", 2);
  bert.hidden = file.Size("hidden_size");
  bert.intermediate = file.Size("intermediate_size");
  bert.layers = file.Size("num_hidden_layers");
  bert.heads = file.Size("num_attention_heads");
  const Json& epsilon = file.Get("layer_norm_eps");
  if (epsilon.is_number()) bert.norm_epsilon = epsilon;
  if (!(bert.norm_epsilon > 0)) file.Refuse("layer_norm_eps", "must be greater than 0");
  if (bert.hidden % bert.heads != 0) {
    file.Refuse("num_attention_heads", absl::StrCat("must divide hidden_size, ", bert.hidden));
  }
  DFKD_RETURN_IF_ERROR(file.status());
  return bert;
}

absl::StatusOr<BertWordOptions> ReadWords(const std::string& dir) {
  BertWordOptions words;
  const std::string path = JoinPath(dir, "tokenizer_config.json");
  if (!FileExists(path)) return words;
  DFKD_ASSIGN_OR_RETURN(JsonFile file, JsonFile::Read(path));
  words.lower_case = file.Flag("do_lower_case", true);
  words.strip_accents = file.Flag("strip_accents", words.lower_case);
  words.split_cjk = file.Flag("tokenize_chinese_chars", true);
  DFKD_RETURN_IF_ERROR(file.status());
  return words;
}

// sentence_bert_config.json's max_seq_length, else tokenizer_config.json's model_max_length (which
// may be a huge number that means "any"), else all positions.
absl::StatusOr<int64_t> ReadMaxLength(const std::string& dir, int64_t positions) {
  int64_t max_length = positions;
  const std::pair<const char*, const char*> places[] = {
      {"tokenizer_config.json", "model_max_length"},
      {"sentence_bert_config.json", "max_seq_length"}};
  for (const auto& [name, key] : places) {
    const std::string path = JoinPath(dir, name);
    if (!FileExists(path)) continue;
    DFKD_ASSIGN_OR_RETURN(JsonFile file, JsonFile::Read(path));
    const Json& value = file.Get(key);
    if (value.is_null()) continue;
    // [CLS] and [SEP] need two.
    if (!value.is_number() || value.get<double>() < 2) {
      file.Refuse(key, "must be a number of tokens, at least 2");
      return file.status();
    }
    max_length = std::min<double>(value.get<double>(), positions);
  }
  return max_length;
}

// The flags of old ("pooling_mode_mean_tokens": true) or the name of today ("pooling_mode":
// "mean").
absl::StatusOr<Pooling> ReadPooling(const std::string& dir, const std::string& pooling_dir) {
  std::string path = JoinPath(JoinPath(dir, pooling_dir), "config.json");
  const std::string beside = JoinPath(dir, "pooling_config.json");
  if (!FileExists(path) && FileExists(beside)) path = beside;
  DFKD_ASSIGN_OR_RETURN(const JsonFile file, JsonFile::Read(path));
  std::vector<std::string> modes;
  if (file.Get("pooling_mode").is_string()) modes.push_back(file.Get("pooling_mode"));
  for (const auto& [key, value] : file.json().items()) {
    if (absl::StartsWith(key, "pooling_mode_") && value.is_boolean() && value.get<bool>()) {
      modes.push_back(key);
    }
  }
  const std::string mode = modes.size() == 1 ? modes[0] : "";
  if (mode == "mean" || mode == "pooling_mode_mean_tokens") return Pooling::kMean;
  if (mode == "cls" || mode == "pooling_mode_cls_token") return Pooling::kFirstToken;
  return InputFileError(absl::StrCat(path, ": the pooling modes are [", absl::StrJoin(modes, ", "),
                                     "]; dfkd can pool by mean or cls"));
}

}  // namespace

absl::StatusOr<SentenceModelConfig> ReadSentenceModelConfig(const std::string& dir) {
  DFKD_ASSIGN_OR_RETURN(const ModuleList modules, ReadModules(dir));
  const std::string transformer =
      modules.transformer_dir.empty() ? dir : JoinPath(dir, modules.transformer_dir);
  SentenceModelConfig config;
  config.transformer_dir = transformer;
  DFKD_ASSIGN_OR_RETURN(config.bert, ReadNetwork(transformer));
  DFKD_ASSIGN_OR_RETURN(config.words, ReadWords(transformer));
  DFKD_ASSIGN_OR_RETURN(config.max_length, ReadMaxLength(transformer, config.bert.positions));
  DFKD_ASSIGN_OR_RETURN(config.pooling, ReadPooling(dir, modules.pooling_dir));
  config.normalize = modules.normalize;
  return config;
}

}  // namespace dfkd
