// What a checkpoint holds: tensors and numbers under dotted names, written and read back by each
// component under a prefix of its own.
#ifndef DFKD_CORE_STATE_H_
#define DFKD_CORE_STATE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace dfkd {

// Doubles are kept as hexadecimal floats, so that what is read equals what was written bit by bit.
struct State {
  std::map<std::string, at::Tensor, std::less<>> tensors;
  std::map<std::string, std::string, std::less<>> values;
};

class StateWriter {
 public:
  explicit StateWriter(State* state, absl::string_view prefix = "")
      : state_(state), prefix_(prefix) {}

  // A writer for "prefix.name".
  StateWriter Scope(absl::string_view name) const;
  // Stores a detached CPU copy.
  void Tensor(absl::string_view name, const at::Tensor& value);
  void Int(absl::string_view name, int64_t value);
  void Double(absl::string_view name, double value);
  void String(absl::string_view name, absl::string_view value);

 private:
  std::string Key(absl::string_view name) const;
  State* state_;
  std::string prefix_;
};

// Every getter fails with kInvalidArgument naming the key when it is absent or not of the type.
class StateReader {
 public:
  explicit StateReader(const State* state, absl::string_view prefix = "")
      : state_(state), prefix_(prefix) {}

  StateReader Scope(absl::string_view name) const;
  absl::StatusOr<at::Tensor> Tensor(absl::string_view name) const;
  absl::StatusOr<int64_t> Int(absl::string_view name) const;
  absl::StatusOr<double> Double(absl::string_view name) const;
  absl::StatusOr<std::string> String(absl::string_view name) const;
  bool HasTensor(absl::string_view name) const;
  // Names (without this reader's prefix) of all tensors and values below it.
  std::vector<std::string> TensorNames() const;
  std::vector<std::string> ValueNames() const;

  // Copies the stored tensor into `target`; shape and dtype must agree.
  absl::Status CopyTo(absl::string_view name, at::Tensor target) const;

 private:
  std::string Key(absl::string_view name) const;
  const State* state_;
  std::string prefix_;
};

}  // namespace dfkd

#endif  // DFKD_CORE_STATE_H_
