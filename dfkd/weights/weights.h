// Weight files, in and out. Files come from strangers: every rule of docs/safety.md is a test.
#ifndef DFKD_WEIGHTS_WEIGHTS_H_
#define DFKD_WEIGHTS_WEIGHTS_H_

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/files.h"
#include "dfkd/nn/module.h"

namespace dfkd {

struct WeightFile {
  std::vector<NamedTensor> tensors;             // in the file's order; owned memory, on the CPU
  std::map<std::string, std::string> metadata;  // safetensors' __metadata__; empty for .pth
};

// Decides by content, not by name: safetensors, PyTorch's zip container, or its legacy stream.
// Errors are InputFileError: the path, the rule broken, where in the file.
absl::StatusOr<WeightFile> ReadWeights(const std::string& path);

// The readers behind it, on bytes in memory (what the fuzz targets call).
absl::StatusOr<WeightFile> ParseSafetensors(absl::string_view bytes);
absl::StatusOr<WeightFile> ParsePyTorchZip(absl::string_view bytes);
absl::StatusOr<WeightFile> ParsePyTorchLegacy(absl::string_view bytes);

// Larger items first, then by name, tiling the buffer, every tensor aligned: equal content gives
// equal bytes. Names must differ; complex and quantised tensors have no place in the format.
std::string SerializeSafetensors(const std::vector<NamedTensor>& tensors,
                                 const std::map<std::string, std::string>& metadata);
absl::Status WriteSafetensors(FileSystem* files, const std::string& path,
                              const std::vector<NamedTensor>& tensors,
                              const std::map<std::string, std::string>& metadata);

// Copies by name into the module's parameters and buffers. Missing names, leftovers and shapes or
// kinds that differ are refused, each listed with the nearest name (`num_batches_tracked` may be
// missing), and nothing is copied then. Prefixes that all names of the file share ("module.",
// "_orig_mod.") are taken off as long as the file and the model have no name in common.
// Floating-point types are converted. `path` is for messages.
absl::Status LoadInto(const WeightFile& file, Module* module, absl::string_view path);

// The file's tensors under the names by which LoadInto would look for them in `module`.
std::map<std::string, at::Tensor> NamedAsIn(const Module& module, const WeightFile& file);
// Names that LoadInto lets a file lack.
bool MayBeMissing(absl::string_view name);

}  // namespace dfkd

#endif  // DFKD_WEIGHTS_WEIGHTS_H_
