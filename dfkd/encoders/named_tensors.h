// The tensors of a weight file, taken by name into a network that only reads them.
#ifndef DFKD_ENCODERS_NAMED_TENSORS_H_
#define DFKD_ENCODERS_NAMED_TENSORS_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "dfkd/weights/weights.h"

namespace dfkd {

// Text encoders are used once and never trained, so they keep the file's own tensors: nothing is
// initialised, copied, or sized by a config that might ask for more than the file holds.
//
//   NamedTensors tensors(file, path);
//   weight_ = tensors.Take("encoder.dense.weight", {384, 384});
//   DFKD_RETURN_IF_ERROR(tensors.status());
class NamedTensors {
 public:
  // A prefix such as "bert." in `optional_prefix` is dropped from the names that bear it.
  NamedTensors(const WeightFile& file, absl::string_view path,
               absl::string_view optional_prefix = "");

  // Null where there is none.
  const at::Tensor* Find(absl::string_view name) const;
  // As float32. Undefined where the tensor is missing or differs in shape; status() tells.
  at::Tensor Take(absl::string_view name, at::IntArrayRef shape);

  // All that went wrong, as one InputFileError; the first few names are listed.
  absl::Status status() const;

 private:
  std::string path_;
  absl::flat_hash_map<std::string, at::Tensor> tensors_;
  std::vector<std::string> problems_;
};

}  // namespace dfkd

#endif  // DFKD_ENCODERS_NAMED_TENSORS_H_
