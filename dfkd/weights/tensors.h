// Between the records of the parsers and tensors, and from tensors to safetensors files.
#ifndef DFKD_WEIGHTS_TENSORS_H_
#define DFKD_WEIGHTS_TENSORS_H_

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "dfkd/weights/tensor_record.h"

namespace dfkd {

// A contiguous tensor on the CPU with memory of its own. `record` has passed CheckRecord.
at::Tensor MakeTensor(const TensorRecord& record);

// The tensor's type must be among those of DType.
DType DTypeOf(const at::Tensor& tensor);

using TensorList = std::vector<std::pair<std::string, at::Tensor>>;

// A safetensors file in pieces that lie in the tensors' own memory.
class SafetensorsContent {
 public:
  // Tensors of any device and layout; names must differ, and types must be among those of DType.
  SafetensorsContent(const TensorList& tensors, const std::map<std::string, std::string>& metadata);

  // In the order of the file; valid for the life of this object.
  const std::vector<absl::string_view>& pieces() const { return pieces_; }

 private:
  std::vector<at::Tensor> tensors_;
  std::string header_;
  std::vector<absl::string_view> pieces_;
};

// The elements of a contiguous tensor on the CPU, as a file holds them.
absl::string_view BytesOf(const at::Tensor& tensor);

}  // namespace dfkd

#endif  // DFKD_WEIGHTS_TENSORS_H_
