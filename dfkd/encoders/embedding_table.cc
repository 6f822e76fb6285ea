#include "dfkd/encoders/embedding_table.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dfkd/core/status.h"
#include "dfkd/encoders/unicode.h"
#include "dfkd/weights/weights.h"

namespace dfkd {
namespace {

using Json = nlohmann::json;

constexpr char kTensor[] = "embeddings";
constexpr char kLabels[] = "labels";
constexpr char kPrompt[] = "prompt";
constexpr char kEncoder[] = "encoder";

absl::StatusOr<at::Tensor> FindRows(const WeightFile& file, const std::string& path) {
  for (const NamedTensor& entry : file.tensors) {
    if (entry.name != kTensor) continue;
    if (entry.tensor.dim() != 2 || !entry.tensor.is_floating_point()) {
      return InputFileError(absl::StrCat(path, ": tensor \"", kTensor, "\" is ",
                                         entry.tensor.toString(), " [",
                                         absl::StrJoin(entry.tensor.sizes(), ", "),
                                         "]; must be floating point [classes, dimensions]"));
    }
    return entry.tensor.to(at::kFloat);
  }
  return InputFileError(
      absl::StrCat(path, ": has no tensor \"", kTensor, "\" [classes, dimensions]"));
}

absl::StatusOr<std::vector<std::string>> FindLabels(const WeightFile& file,
                                                    const std::string& path) {
  const auto found = file.metadata.find(kLabels);
  if (found == file.metadata.end()) {
    return InputFileError(absl::StrCat(path, ": has no metadata \"", kLabels,
                                       "\", a JSON list with the class name of each row"));
  }
  const Json list = Json::parse(found->second, nullptr, /*allow_exceptions=*/false);
  std::vector<std::string> labels;
  const bool strings =
      list.is_array() &&
      std::all_of(list.begin(), list.end(), [](const Json& item) { return item.is_string(); });
  if (!strings) {
    return InputFileError(
        absl::StrCat(path, ": metadata \"", kLabels, "\" must be a JSON list of class names"));
  }
  for (const Json& item : list) labels.push_back(item);
  return labels;
}

absl::Status CheckTable(const EmbeddingTable& table, const std::string& path) {
  const int64_t count = table.labels.size();
  if (count != table.rows.size(0)) {
    return InputFileError(absl::StrCat(path, ": has ", table.rows.size(0), " rows and ", count,
                                       " labels; each row needs one"));
  }
  if (count == 0 || table.rows.size(1) == 0) {
    return InputFileError(absl::StrCat(path, ": the table is empty"));
  }
  const at::Tensor bad = at::isfinite(table.rows).logical_not().any(1);
  for (int64_t i = 0; i < count; ++i) {
    if (!bad[i].item<bool>()) continue;
    return InputFileError(
        absl::StrCat(path, ": row ", i, " (\"", table.labels[i], "\") holds NaN or infinity"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<EmbeddingTable> ReadEmbeddingTable(const std::string& path) {
  DFKD_ASSIGN_OR_RETURN(const WeightFile file, ReadWeights(path));
  EmbeddingTable table;
  DFKD_ASSIGN_OR_RETURN(table.rows, FindRows(file, path));
  DFKD_ASSIGN_OR_RETURN(table.labels, FindLabels(file, path));
  const auto value = [&](const char* key) {
    const auto found = file.metadata.find(key);
    return found == file.metadata.end() ? std::string() : found->second;
  };
  table.prompt = value(kPrompt);
  table.encoder = value(kEncoder);
  DFKD_RETURN_IF_ERROR(CheckTable(table, path));
  return table;
}

absl::Status WriteEmbeddingTable(FileSystem* files, const std::string& path,
                                 const EmbeddingTable& table) {
  DFKD_RETURN_IF_ERROR(CheckTable(table, path));
  std::map<std::string, std::string> metadata;
  for (const std::string& label : table.labels) {
    DFKD_RETURN_IF_ERROR(
        Annotate(DecodeUtf8(label).status(), absl::StrCat("class name \"", label, "\"")));
  }
  metadata[kLabels] = Json(table.labels).dump();
  if (!table.prompt.empty()) metadata[kPrompt] = table.prompt;
  if (!table.encoder.empty()) metadata[kEncoder] = table.encoder;
  return WriteSafetensors(files, path, {{kTensor, table.rows}}, metadata);
}

}  // namespace dfkd
