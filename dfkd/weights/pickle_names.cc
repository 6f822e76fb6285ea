// What a pickle may name, and what calling it makes.
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/status.h"
#include "dfkd/weights/pickle.h"
#include "dfkd/weights/pickle_machine.h"
#include "dfkd/weights/tensor_record.h"

namespace dfkd {

enum class Role : uint8_t { kRebuildTensor, kRebuildParameter, kOrderedDict, kStorage };

struct AllowedName {
  absl::string_view module;
  absl::string_view name;
  Role role;
  DType dtype = DType::kF32;  // of kStorage: that of its elements
};

namespace {

// The whole of the allow-list.
constexpr AllowedName kAllowedNames[] = {
    {"torch._utils", "_rebuild_tensor_v2", Role::kRebuildTensor},
    {"torch._utils", "_rebuild_parameter", Role::kRebuildParameter},
    {"collections", "OrderedDict", Role::kOrderedDict},
    {"torch", "FloatStorage", Role::kStorage, DType::kF32},
    {"torch", "DoubleStorage", Role::kStorage, DType::kF64},
    {"torch", "HalfStorage", Role::kStorage, DType::kF16},
    {"torch", "BFloat16Storage", Role::kStorage, DType::kBF16},
    {"torch", "LongStorage", Role::kStorage, DType::kI64},
    {"torch", "IntStorage", Role::kStorage, DType::kI32},
    {"torch", "ShortStorage", Role::kStorage, DType::kI16},
    {"torch", "CharStorage", Role::kStorage, DType::kI8},
    {"torch", "ByteStorage", Role::kStorage, DType::kU8},
    {"torch", "BoolStorage", Role::kStorage, DType::kBool},
};

}  // namespace

const AllowedName* PickleMachine::FindName(uint32_t object) {
  return At(object).kind == Kind::kName ? &kAllowedNames[At(object).number] : nullptr;
}

absl::Status PickleMachine::Global() {
  DFKD_ASSIGN_OR_RETURN(const absl::string_view module, ReadLine());
  DFKD_ASSIGN_OR_RETURN(const absl::string_view name, ReadLine());
  for (size_t i = 0; i < std::size(kAllowedNames); ++i) {
    if (kAllowedNames[i].module == module && kAllowedNames[i].name == name) {
      return Push(Kind::kName, static_cast<int64_t>(i));
    }
  }
  return Refuse(absl::StrCat("it refers to ", Quoted(absl::StrCat(module, ".", name)),
                             ", which a file of weights may not; save the weights alone, with "
                             "torch.save(model.state_dict(), path)"));
}

absl::Status PickleMachine::Reduce() {
  DFKD_ASSIGN_OR_RETURN(const std::vector<uint32_t> call, PopLast(2));
  const AllowedName* const callee = FindName(call[0]);
  if (callee == nullptr || At(call[1]).kind != Kind::kTuple) return Refuse("it calls no function");
  // A copy: what follows makes objects, and objects move.
  const std::vector<uint32_t> arguments = At(call[1]).items;
  switch (callee->role) {
    case Role::kOrderedDict:
      return MakeDict(arguments);
    case Role::kRebuildTensor:
      return MakeTensor(arguments);
    case Role::kRebuildParameter:
      if (arguments.empty() || At(arguments[0]).kind != Kind::kTensor) {
        return Refuse("it makes a parameter of no tensor");
      }
      stack_.push_back(arguments[0]);
      return absl::OkStatus();
    case Role::kStorage:
      break;
  }
  return Refuse("it calls a storage class");
}

// OrderedDict(), or Python 2's OrderedDict([[key, value], ...]).
absl::Status PickleMachine::MakeDict(const std::vector<uint32_t>& arguments) {
  std::vector<uint32_t> items;
  if (!arguments.empty()) {
    const PickleObject& pairs = At(arguments[0]);
    if (arguments.size() != 1 || pairs.kind != Kind::kList) {
      return Refuse("it makes an OrderedDict of no list of pairs");
    }
    // A list can be used again and again at the price of a few bytes.
    copied_items_ += 2 * pairs.items.size();
    if (copied_items_ > kMaxPickleObjects) return Refuse("it makes too many objects");
    for (const uint32_t item : pairs.items) {
      const PickleObject& pair = At(item);
      if ((pair.kind != Kind::kList && pair.kind != Kind::kTuple) || pair.items.size() != 2) {
        return Refuse("it makes an OrderedDict of no list of pairs");
      }
      items.insert(items.end(), pair.items.begin(), pair.items.end());
    }
  }
  return PushItems(Kind::kDict, std::move(items));
}

// _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks)
absl::Status PickleMachine::MakeTensor(const std::vector<uint32_t>& arguments) {
  if (arguments.size() != 6) {
    return Refuse(absl::StrCat("it makes a tensor of ", arguments.size(), " arguments; must be 6"));
  }
  if (At(arguments[0]).kind != Kind::kStorage || At(arguments[1]).kind != Kind::kInt) {
    return Refuse("it makes a tensor without a storage or an offset");
  }
  PickledTensor tensor;
  tensor.storage = At(arguments[0]).text;
  tensor.offset = At(arguments[1]).number;
  std::optional<std::vector<int64_t>> sizes = Integers(At(arguments[2]));
  std::optional<std::vector<int64_t>> strides = Integers(At(arguments[3]));
  if (!sizes || !strides) {
    return Refuse(absl::StrCat("it makes a tensor whose sizes or strides are not at most ",
                               kMaxRank, " integers"));
  }
  tensor.sizes = *std::move(sizes);
  tensor.strides = *std::move(strides);
  pickle_.tensors.push_back(std::move(tensor));
  return Push(Kind::kTensor, static_cast<int64_t>(pickle_.tensors.size()) - 1);
}

std::optional<std::vector<int64_t>> PickleMachine::Integers(const PickleObject& tuple) {
  if (tuple.kind != Kind::kTuple || tuple.items.size() > kMaxRank) return std::nullopt;
  std::vector<int64_t> numbers;
  for (const uint32_t item : tuple.items) {
    if (At(item).kind != Kind::kInt) return std::nullopt;
    numbers.push_back(At(item).number);
  }
  return numbers;
}

// ("storage", class, key, location, elements), to which the legacy stream adds a view: None.
absl::Status PickleMachine::Storage() {
  DFKD_ASSIGN_OR_RETURN(const std::vector<uint32_t> id, PopLast(1));
  const std::vector<uint32_t>& parts = At(id[0]).items;
  if (At(id[0]).kind != Kind::kTuple || (parts.size() != 5 && parts.size() != 6) ||
      At(parts[0]).kind != Kind::kText || At(parts[0]).text != "storage" ||
      At(parts[2]).kind != Kind::kText || At(parts[4]).kind != Kind::kInt) {
    return Refuse("a persistent id is not that of a storage");
  }
  const AllowedName* const storage_class = FindName(parts[1]);
  if (storage_class == nullptr || storage_class->role != Role::kStorage) {
    return Refuse("a storage has no storage class");
  }
  if (parts.size() == 6 && At(parts[5]).kind != Kind::kNone) {
    return Refuse("a storage is a view of another, as PyTorch before 0.4 wrote; save it anew");
  }
  const PickledStorage storage{storage_class->dtype, At(parts[4]).number};
  const absl::string_view key = At(parts[2]).text;
  if (storage.elements < 0) {
    return Refuse(absl::StrCat("storage ", Quoted(key), " has ", storage.elements, " elements"));
  }
  const auto [it, fresh] = pickle_.storages.emplace(key, storage);
  if (!fresh && it->second != storage) {
    return Refuse(absl::StrCat("storage ", Quoted(key), " is declared twice and differently"));
  }
  return PushText(Kind::kStorage, key);
}

}  // namespace dfkd
