// A pickle machine that can make nothing but plain data and descriptions of tensors.
//
// Python's unpickler runs a program that may call any function. This one knows the opcodes that
// pickle protocol 2 needs for a state_dict, and of names only torch's tensor rebuilders,
// OrderedDict and the storage classes; anything else ends it. Programs are bounded in objects,
// memo, stack and depth, so that memory stays in proportion to the file.
#ifndef DFKD_WEIGHTS_PICKLE_H_
#define DFKD_WEIGHTS_PICKLE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/weights/tensor_record.h"

namespace dfkd {

struct PickledTensor {
  absl::string_view storage;  // its key
  int64_t offset = 0;
  std::vector<int64_t> sizes;
  std::vector<int64_t> strides;
};

// What a file declares of a storage that it holds elsewhere.
struct PickledStorage {
  DType dtype = DType::kF32;
  int64_t elements = 0;

  bool operator==(const PickledStorage&) const = default;
};

struct PickleObject {
  enum class Kind : uint8_t {
    kNone,
    kBool,
    kInt,
    kLong,  // beyond 64 bits: `text` holds its bytes
    kFloat,
    kText,
    kTuple,
    kList,
    kDict,
    kName,     // `number` is its place in the allow-list
    kStorage,  // `text` is its key
    kTensor,   // `number` is its place in Pickle::tensors
  };
  Kind kind = Kind::kNone;
  int64_t number = 0;           // of kBool, kInt, kName, kTensor
  absl::string_view text;       // points into the pickle
  std::vector<uint32_t> items;  // of kTuple, kList; of kDict keys and values in turn
};

// The outcome of a program. Objects refer to each other by their place in `objects`, and may do so
// in circles: whoever walks through them must not recurse.
struct Pickle {
  std::vector<PickleObject> objects;
  std::vector<PickledTensor> tensors;
  std::map<absl::string_view, PickledStorage> storages;  // by key
  uint32_t root = 0;
  size_t bytes = 0;  // length of the program

  const PickleObject& Root() const { return objects[root]; }
};

// Runs the program at the beginning of `bytes`, which must outlive the outcome.
absl::StatusOr<Pickle> RunPickle(absl::string_view bytes);

}  // namespace dfkd

#endif  // DFKD_WEIGHTS_PICKLE_H_
