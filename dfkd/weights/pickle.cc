#include "dfkd/weights/pickle.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/little_endian.h"
#include "dfkd/core/status.h"
#include "dfkd/weights/pickle_machine.h"

namespace dfkd {
namespace {

constexpr size_t kMaxMemo = size_t{1} << 21;
constexpr size_t kMaxStack = size_t{1} << 18;
constexpr size_t kMaxDepth = 64;
constexpr size_t kMaxLineBytes = 256;

// Protocol 2, as far as it is allowed. Python's Lib/pickletools.py describes each.
enum Opcode : uint8_t {
  kMark = '(',
  kEmptyTuple = ')',
  kStop = '.',
  kBinFloat = 'G',
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kNone = 'N',
  kBinPersId = 'Q',
  kReduce = 'R',
  kBinString = 'T',
  kShortBinString = 'U',
  kBinUnicode = 'X',
  kEmptyList = ']',
  kAppend = 'a',
  kBuild = 'b',
  kGlobal = 'c',
  kAppends = 'e',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kSetItem = 's',
  kTuple = 't',
  kSetItems = 'u',
  kEmptyDict = '}',
  kProto = 0x80,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kLong1 = 0x8a,
};

}  // namespace

absl::StatusOr<Pickle> RunPickle(absl::string_view bytes) { return PickleMachine(bytes).Run(); }

absl::StatusOr<Pickle> PickleMachine::Run() {
  if (!absl::StartsWith(program_, "\x80\x02")) return Refuse("it does not begin as protocol 2");
  while (true) {
    at_ = next_;
    DFKD_ASSIGN_OR_RETURN(const uint8_t opcode, Read<uint8_t>());
    if (opcode == kStop) break;
    DFKD_RETURN_IF_ERROR(Step(opcode));
    if (stack_.size() > kMaxStack) return Refuse("its stack holds too many objects");
    if (pickle_.objects.size() > kMaxPickleObjects) return Refuse("it makes too many objects");
  }
  if (stack_.size() != 1 || !marks_.empty()) return Refuse("it does not end with one object");
  pickle_.root = stack_.back();
  pickle_.bytes = next_;
  return std::move(pickle_);
}

absl::Status PickleMachine::Step(uint8_t opcode) {
  switch (opcode) {
    case kProto:
      return Protocol();
    case kMark:
      if (marks_.size() == kMaxDepth) return Refuse("it nests too deep");
      marks_.push_back(stack_.size());
      return absl::OkStatus();
    case kNone:
      return Push(Kind::kNone);
    case kNewTrue:
      return Push(Kind::kBool, 1);
    case kNewFalse:
      return Push(Kind::kBool, 0);
    case kBinInt:
      return Number<int32_t>();
    case kBinInt1:
      return Number<uint8_t>();
    case kBinInt2:
      return Number<uint16_t>();
    case kLong1:
      return Long();
    case kBinFloat:
      return Float();
    case kBinUnicode:
    case kBinString:
      return Text<uint32_t>();
    case kShortBinString:
      return Text<uint8_t>();
    case kEmptyTuple:
      return Push(Kind::kTuple);
    case kEmptyList:
      return Push(Kind::kList);
    case kEmptyDict:
      return Push(Kind::kDict);
    case kTuple:
      return Tuple(PopToMark());
    case kTuple1:
    case kTuple2:
    case kTuple3:
      return Tuple(PopLast(opcode - kTuple1 + 1));
    case kAppend:
      return Extend(Kind::kList, 1, PopLast(1));
    case kAppends:
      return Extend(Kind::kList, 1, PopToMark());
    case kSetItem:
      return Extend(Kind::kDict, 2, PopLast(2));
    case kSetItems:
      return Extend(Kind::kDict, 2, PopToMark());
    case kBinPut:
      return Put<uint8_t>();
    case kLongBinPut:
      return Put<uint32_t>();
    case kBinGet:
      return Get<uint8_t>();
    case kLongBinGet:
      return Get<uint32_t>();
    case kGlobal:
      return Global();
    case kReduce:
      return Reduce();
    case kBuild:
      return Build();
    case kBinPersId:
      return Storage();
    default:
      return Refuse(absl::StrCat("opcode 0x", absl::Hex(opcode, absl::kZeroPad2),
                                 " is not allowed in a file of weights"));
  }
}

absl::Status PickleMachine::Refuse(absl::string_view what) const {
  return InputFileError(absl::StrCat("pickle, byte ", at_, ": ", what));
}

absl::StatusOr<absl::string_view> PickleMachine::ReadBytes(size_t count) {
  if (count > program_.size() - next_) return Refuse("the program is cut off");
  next_ += count;
  return program_.substr(next_ - count, count);
}

absl::StatusOr<absl::string_view> PickleMachine::ReadLine() {
  const size_t end = program_.substr(next_, kMaxLineBytes).find('\n');
  if (end == absl::string_view::npos) return Refuse("a name is too long or cut off");
  const absl::string_view line = program_.substr(next_, end);
  next_ += end + 1;
  return line;
}

template <typename T>
absl::StatusOr<T> PickleMachine::Read() {
  DFKD_ASSIGN_OR_RETURN(const absl::string_view bytes, ReadBytes(sizeof(T)));
  return LoadLittleEndian<T>(bytes.data());
}

absl::Status PickleMachine::Push(Kind kind, int64_t number) {
  stack_.push_back(static_cast<uint32_t>(pickle_.objects.size()));
  PickleObject& object = pickle_.objects.emplace_back();
  object.kind = kind;
  object.number = number;
  return absl::OkStatus();
}

absl::Status PickleMachine::PushText(Kind kind, absl::string_view text) {
  DFKD_RETURN_IF_ERROR(Push(kind));
  pickle_.objects.back().text = text;
  return absl::OkStatus();
}

absl::Status PickleMachine::PushItems(Kind kind, std::vector<uint32_t> items) {
  DFKD_RETURN_IF_ERROR(Push(kind));
  pickle_.objects.back().items = std::move(items);
  return absl::OkStatus();
}

size_t PickleMachine::Available() const {
  return stack_.size() - (marks_.empty() ? 0 : marks_.back());
}

absl::StatusOr<std::vector<uint32_t>> PickleMachine::PopLast(size_t count) {
  if (Available() < count) return Refuse("its stack is empty");
  std::vector<uint32_t> items(stack_.end() - count, stack_.end());
  stack_.resize(stack_.size() - count);
  return items;
}

absl::StatusOr<std::vector<uint32_t>> PickleMachine::PopToMark() {
  if (marks_.empty()) return Refuse("it has no mark to go back to");
  absl::StatusOr<std::vector<uint32_t>> items = PopLast(Available());
  marks_.pop_back();
  return items;
}

absl::Status PickleMachine::Protocol() {
  DFKD_ASSIGN_OR_RETURN(const uint8_t protocol, Read<uint8_t>());
  if (protocol != 2) return Refuse(absl::StrCat("it is of protocol ", protocol, "; must be 2"));
  return absl::OkStatus();
}

template <typename T>
absl::Status PickleMachine::Number() {
  DFKD_ASSIGN_OR_RETURN(const T value, Read<T>());
  return Push(Kind::kInt, value);
}

absl::Status PickleMachine::Long() {
  DFKD_ASSIGN_OR_RETURN(const uint8_t size, Read<uint8_t>());
  DFKD_ASSIGN_OR_RETURN(const absl::string_view bytes, ReadBytes(size));
  if (size > 8) return PushText(Kind::kLong, bytes);
  // Two's complement of `size` bytes.
  uint64_t value = size > 0 && static_cast<int8_t>(bytes.back()) < 0 ? ~uint64_t{0} : 0;
  for (size_t i = size; i-- > 0;) value = (value << 8) | static_cast<uint8_t>(bytes[i]);
  return Push(Kind::kInt, static_cast<int64_t>(value));
}

absl::Status PickleMachine::Float() {
  DFKD_RETURN_IF_ERROR(ReadBytes(8).status());
  return Push(Kind::kFloat);
}

template <typename Length>
absl::Status PickleMachine::Text() {
  DFKD_ASSIGN_OR_RETURN(const Length length, Read<Length>());
  DFKD_ASSIGN_OR_RETURN(const absl::string_view text, ReadBytes(length));
  return PushText(Kind::kText, text);
}

absl::Status PickleMachine::Tuple(absl::StatusOr<std::vector<uint32_t>> items) {
  if (!items.ok()) return items.status();
  return PushItems(Kind::kTuple, *std::move(items));
}

absl::Status PickleMachine::Extend(Kind kind, size_t unit,
                                   absl::StatusOr<std::vector<uint32_t>> items) {
  if (!items.ok()) return items.status();
  if (items->size() % unit != 0) return Refuse("it sets a key without a value");
  if (Available() == 0 || At(stack_.back()).kind != kind) {
    return Refuse(
        absl::StrCat("it adds items to what is no ", kind == Kind::kList ? "list" : "dict"));
  }
  std::vector<uint32_t>& all = At(stack_.back()).items;
  all.insert(all.end(), items->begin(), items->end());
  return absl::OkStatus();
}

template <typename Index>
absl::Status PickleMachine::Put() {
  DFKD_ASSIGN_OR_RETURN(const Index index, Read<Index>());
  if (Available() == 0) return Refuse("its stack is empty");
  memo_[index] = stack_.back();
  if (memo_.size() > kMaxMemo) return Refuse("its memo holds too many objects");
  return absl::OkStatus();
}

template <typename Index>
absl::Status PickleMachine::Get() {
  DFKD_ASSIGN_OR_RETURN(const Index index, Read<Index>());
  const auto it = memo_.find(index);
  if (it == memo_.end()) return Refuse(absl::StrCat("its memo has no entry ", index));
  stack_.push_back(it->second);
  return absl::OkStatus();
}

// An OrderedDict's attributes (a state_dict has `_metadata`): nothing here needs them.
absl::Status PickleMachine::Build() {
  DFKD_ASSIGN_OR_RETURN(const std::vector<uint32_t> attributes, PopLast(1));
  if (Available() == 0 || At(stack_.back()).kind != Kind::kDict ||
      At(attributes[0]).kind != Kind::kDict) {
    return Refuse("it gives attributes to what may have none");
  }
  return absl::OkStatus();
}

}  // namespace dfkd
