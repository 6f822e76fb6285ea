// The safetensors format: 8 bytes with the header's length, a JSON header, one buffer that the
// tensors fill without gaps. https://github.com/huggingface/safetensors (format section).
#ifndef DFKD_WEIGHTS_SAFETENSORS_H_
#define DFKD_WEIGHTS_SAFETENSORS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/weights/tensor_record.h"

namespace dfkd {

// Refuses whatever docs/safety.md says. The records point into `bytes`.
absl::StatusOr<TensorRecords> ParseSafetensorsRecords(absl::string_view bytes);

struct TensorSpec {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<int64_t> sizes;
};

// A file is `header`, then the elements of the tensors in `order` (indices into what was laid out).
// Larger items come first, then names in alphabetical order, so every tensor is aligned and equal
// content gives equal bytes. They are the bytes that the format's own library writes (which leaves
// the order of metadata open).
struct SafetensorsLayout {
  std::string header;
  std::vector<size_t> order;
};
SafetensorsLayout LayOutSafetensors(const std::vector<TensorSpec>& tensors,
                                    const std::map<std::string, std::string>& metadata);

}  // namespace dfkd

#endif  // DFKD_WEIGHTS_SAFETENSORS_H_
