// What every weight reader yields before any tensor is made: where in the file a tensor's elements
// lie. Nothing here or in the parsers needs LibTorch, so that they can be fuzzed under sanitizers
// as one instrumented program.
#ifndef DFKD_WEIGHTS_TENSOR_RECORD_H_
#define DFKD_WEIGHTS_TENSOR_RECORD_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace dfkd {

// In the order in which safetensors' own writer lays tensors out, last first.
enum class DType : uint8_t {
  kBool,
  kU8,
  kI8,
  kI16,
  kU16,
  kF16,
  kBF16,
  kI32,
  kU32,
  kF32,
  kF64,
  kI64,
  kU64,
};

// Bytes of one element.
int64_t ItemSize(DType dtype);
// As safetensors writes it: "F32".
absl::string_view NameOf(DType dtype);
std::optional<DType> DTypeFromName(absl::string_view name);

inline constexpr size_t kMaxRank = 8;

struct TensorRecord {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<int64_t> sizes;
  std::vector<int64_t> strides;  // in elements
  int64_t offset = 0;            // of the first element in `storage`, in elements
  absl::string_view storage;     // bytes of the file

  int64_t elements() const;
};

// `tensors` in the file's order; their storages point into the bytes that were parsed.
struct TensorRecords {
  std::vector<TensorRecord> tensors;
  std::map<std::string, std::string> metadata;
};

// The product of `sizes`; absent if one is negative, or where the bytes of that many elements do
// not fit into 63 bits.
std::optional<int64_t> CountElements(const std::vector<int64_t>& sizes, DType dtype);
// Strides of a tensor without gaps, last dimension fastest.
std::vector<int64_t> ContiguousStrides(const std::vector<int64_t>& sizes);

// Rank, sizes and strides are sound, and every element lies inside the storage.
absl::Status CheckRecord(const TensorRecord& record);

// Writes the elements of a checked record without gaps; `out` holds elements() * ItemSize bytes.
void CopyElements(const TensorRecord& record, char* out);

// Text of a file for a message: escaped, and cut where it is long.
std::string Quoted(absl::string_view text);

}  // namespace dfkd

#endif  // DFKD_WEIGHTS_TENSOR_RECORD_H_
