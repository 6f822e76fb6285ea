#include "dfkd/weights/weights.h"

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/files.h"
#include "dfkd/core/status.h"
#include "dfkd/weights/pytorch_legacy.h"
#include "dfkd/weights/pytorch_zip.h"
#include "dfkd/weights/safetensors.h"
#include "dfkd/weights/tensor_record.h"
#include "dfkd/weights/tensors.h"
#include "dfkd/weights/zip_archive.h"

namespace dfkd {
namespace {

absl::StatusOr<WeightFile> MakeTensors(absl::StatusOr<TensorRecords> records) {
  if (!records.ok()) return records.status();
  WeightFile file;
  file.metadata = std::move(records->metadata);
  for (TensorRecord& record : records->tensors) {
    at::Tensor tensor = MakeTensor(record);
    file.tensors.push_back({std::move(record.name), std::move(tensor)});
  }
  return file;
}

absl::StatusOr<WeightFile> ParseAny(absl::string_view bytes) {
  if (LooksLikeZip(bytes)) return ParsePyTorchZip(bytes);
  if (LooksLikePyTorchLegacy(bytes)) return ParsePyTorchLegacy(bytes);
  // The format has no magic number: a length of 8 bytes, then JSON.
  if (bytes.size() > 8 && bytes[8] == '{') return ParseSafetensors(bytes);
  return InputFileError(
      absl::StrCat("this is no file of weights (safetensors, or torch.save's): its ", bytes.size(),
                   " bytes begin with ", Quoted(bytes.substr(0, 16))));
}

TensorList ListOf(const std::vector<NamedTensor>& tensors) {
  TensorList list;
  for (const NamedTensor& named : tensors) list.emplace_back(named.name, named.tensor);
  return list;
}

}  // namespace

absl::StatusOr<WeightFile> ParseSafetensors(absl::string_view bytes) {
  return MakeTensors(ParseSafetensorsRecords(bytes));
}

absl::StatusOr<WeightFile> ParsePyTorchZip(absl::string_view bytes) {
  return MakeTensors(ParsePyTorchZipRecords(bytes));
}

absl::StatusOr<WeightFile> ParsePyTorchLegacy(absl::string_view bytes) {
  return MakeTensors(ParsePyTorchLegacyRecords(bytes));
}

absl::StatusOr<WeightFile> ReadWeights(const std::string& path) {
  DFKD_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  absl::StatusOr<WeightFile> file = ParseAny(bytes);
  if (!file.ok()) return Annotate(file.status(), path);
  return file;
}

std::string SerializeSafetensors(const std::vector<NamedTensor>& tensors,
                                 const std::map<std::string, std::string>& metadata) {
  const SafetensorsContent content(ListOf(tensors), metadata);
  std::string bytes;
  for (const absl::string_view piece : content.pieces()) bytes.append(piece);
  return bytes;
}

absl::Status WriteSafetensors(FileSystem* files, const std::string& path,
                              const std::vector<NamedTensor>& tensors,
                              const std::map<std::string, std::string>& metadata) {
  return WriteFileAtomically(files, path, SafetensorsContent(ListOf(tensors), metadata).pieces());
}

}  // namespace dfkd
