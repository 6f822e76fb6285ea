#include "dfkd/weights/tensor_record.h"

#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/status.h"

namespace dfkd {
namespace {

struct DTypeInfo {
  absl::string_view name;
  int64_t item_size;
};

// By DType.
constexpr DTypeInfo kDTypes[] = {
    {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"I16", 2}, {"U16", 2}, {"F16", 2}, {"BF16", 2},
    {"I32", 4},  {"U32", 4}, {"F32", 4}, {"F64", 8}, {"I64", 8}, {"U64", 8},
};

// a * b for non-negative numbers, absent on overflow.
std::optional<int64_t> Multiply(int64_t a, int64_t b) {
  int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

std::string ShapeText(const std::vector<int64_t>& sizes) {
  return absl::StrCat("[", absl::StrJoin(sizes, ", "), "]");
}

}  // namespace

int64_t ItemSize(DType dtype) { return kDTypes[static_cast<int>(dtype)].item_size; }

absl::string_view NameOf(DType dtype) { return kDTypes[static_cast<int>(dtype)].name; }

std::optional<DType> DTypeFromName(absl::string_view name) {
  for (size_t i = 0; i < std::size(kDTypes); ++i) {
    if (kDTypes[i].name == name) return static_cast<DType>(i);
  }
  return std::nullopt;
}

int64_t TensorRecord::elements() const { return CountElements(sizes, dtype).value_or(0); }

std::optional<int64_t> CountElements(const std::vector<int64_t>& sizes, DType dtype) {
  // A zero anywhere makes the tensor empty, however large the other sizes; yet these must be sound.
  std::optional<int64_t> bytes = ItemSize(dtype);
  bool empty = false;
  for (const int64_t size : sizes) {
    if (size < 0) return std::nullopt;
    empty |= size == 0;
    bytes = Multiply(*bytes, size == 0 ? 1 : size);
    if (!bytes) return std::nullopt;
  }
  return empty ? 0 : *bytes / ItemSize(dtype);
}

std::vector<int64_t> ContiguousStrides(const std::vector<int64_t>& sizes) {
  std::vector<int64_t> strides(sizes.size());
  int64_t stride = 1;
  for (size_t d = sizes.size(); d-- > 0;) {
    strides[d] = stride;
    if (sizes[d] > 0) stride *= sizes[d];
  }
  return strides;
}

absl::Status CheckRecord(const TensorRecord& record) {
  const auto refuse = [&](absl::string_view what) {
    return InputFileError(absl::StrCat("tensor ", Quoted(record.name), " ", what));
  };
  if (record.sizes.size() > kMaxRank) {
    return refuse(absl::StrCat("has ", record.sizes.size(), " dimensions, more than ", kMaxRank));
  }
  if (record.strides.size() != record.sizes.size()) {
    return refuse(absl::StrCat("has ", record.sizes.size(), " sizes but ", record.strides.size(),
                               " strides"));
  }
  const std::optional<int64_t> elements = CountElements(record.sizes, record.dtype);
  if (!elements) return refuse(absl::StrCat("has an impossible shape ", ShapeText(record.sizes)));
  const int64_t stored = static_cast<int64_t>(record.storage.size()) / ItemSize(record.dtype);
  if (record.offset < 0 || record.offset > stored) {
    return refuse(absl::StrCat("begins at element ", record.offset, " of a storage of ", stored));
  }
  int64_t last = record.offset;  // the element that lies farthest
  for (size_t d = 0; d < record.sizes.size(); ++d) {
    if (record.strides[d] < 0) {
      return refuse(absl::StrCat("has a negative stride ", record.strides[d]));
    }
    if (*elements == 0) continue;
    const std::optional<int64_t> step = Multiply(record.sizes[d] - 1, record.strides[d]);
    if (!step || __builtin_add_overflow(last, *step, &last)) {
      last = std::numeric_limits<int64_t>::max();
      break;
    }
  }
  if (*elements > 0 && last >= stored) {
    return refuse(absl::StrCat("of shape ", ShapeText(record.sizes), ", strides ",
                               ShapeText(record.strides), " and offset ", record.offset,
                               " reaches beyond its storage of ", stored, " elements"));
  }
  return absl::OkStatus();
}

void CopyElements(const TensorRecord& record, char* out) {
  const int64_t item = ItemSize(record.dtype);
  const int64_t elements = record.elements();
  const char* const first = record.storage.data() + record.offset * item;
  if (elements == 0) return;
  if (record.strides == ContiguousStrides(record.sizes)) {
    std::memcpy(out, first, elements * item);
    return;
  }
  std::vector<int64_t> index(record.sizes.size(), 0);
  int64_t position = 0;  // of `index`, in elements from the first
  for (int64_t i = 0; i < elements; ++i, out += item) {
    std::memcpy(out, first + position * item, item);
    for (size_t d = index.size(); d-- > 0;) {
      position += record.strides[d];
      if (++index[d] < record.sizes[d]) break;
      position -= index[d] * record.strides[d];
      index[d] = 0;
    }
  }
}

std::string Quoted(absl::string_view text) {
  constexpr size_t kLongest = 80;
  if (text.size() <= kLongest) return absl::StrCat("\"", absl::CHexEscape(text), "\"");
  return absl::StrCat("\"", absl::CHexEscape(text.substr(0, kLongest)), "...\"");
}

}  // namespace dfkd
