// The machine behind RunPickle. Its opcodes are in pickle.cc; what the names on the allow-list do
// is in pickle_names.cc.
#ifndef DFKD_WEIGHTS_PICKLE_MACHINE_H_
#define DFKD_WEIGHTS_PICKLE_MACHINE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/weights/pickle.h"

namespace dfkd {

struct AllowedName;

class PickleMachine {
 public:
  explicit PickleMachine(absl::string_view program) : program_(program) {}

  absl::StatusOr<Pickle> Run();

 private:
  using Kind = PickleObject::Kind;

  absl::Status Step(uint8_t opcode);
  absl::Status Refuse(absl::string_view what) const;

  absl::StatusOr<absl::string_view> ReadBytes(size_t count);
  absl::StatusOr<absl::string_view> ReadLine();
  template <typename T>
  absl::StatusOr<T> Read();

  PickleObject& At(uint32_t object) { return pickle_.objects[object]; }
  absl::Status Push(Kind kind, int64_t number = 0);
  absl::Status PushText(Kind kind, absl::string_view text);
  absl::Status PushItems(Kind kind, std::vector<uint32_t> items);
  // How many objects lie above the last mark, or on a stack without marks.
  size_t Available() const;
  absl::StatusOr<std::vector<uint32_t>> PopLast(size_t count);
  absl::StatusOr<std::vector<uint32_t>> PopToMark();

  // One for each opcode, or for several that differ in the size of their argument.
  absl::Status Protocol();
  template <typename T>
  absl::Status Number();
  absl::Status Long();
  absl::Status Float();
  template <typename Length>
  absl::Status Text();
  absl::Status Tuple(absl::StatusOr<std::vector<uint32_t>> items);
  // Adds `items` to the list or dict that lies below them; they come in units of `unit`.
  absl::Status Extend(Kind kind, size_t unit, absl::StatusOr<std::vector<uint32_t>> items);
  template <typename Index>
  absl::Status Put();
  template <typename Index>
  absl::Status Get();
  absl::Status Build();
  absl::Status Global();
  absl::Status Reduce();
  absl::Status Storage();

  // The name on the allow-list that `object` is; null if it is none.
  const AllowedName* FindName(uint32_t object);
  absl::Status MakeDict(const std::vector<uint32_t>& arguments);
  absl::Status MakeTensor(const std::vector<uint32_t>& arguments);
  std::optional<std::vector<int64_t>> Integers(const PickleObject& tuple);

  const absl::string_view program_;
  size_t at_ = 0;    // the opcode that runs
  size_t next_ = 0;  // the byte to read next
  Pickle pickle_;
  std::vector<uint32_t> stack_;
  std::vector<size_t> marks_;  // heights of the stack
  std::unordered_map<uint32_t, uint32_t> memo_;
  size_t copied_items_ = 0;
};

inline constexpr size_t kMaxPickleObjects = size_t{1} << 22;

}  // namespace dfkd

#endif  // DFKD_WEIGHTS_PICKLE_MACHINE_H_
