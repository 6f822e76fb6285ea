#include "dfkd/weights/state_dict.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/status.h"
#include "dfkd/weights/pickle.h"
#include "dfkd/weights/tensor_record.h"

namespace dfkd {
namespace {

using Kind = PickleObject::Kind;

constexpr absl::string_view kUsualKeys[] = {"state_dict", "model_state_dict", "model", "net"};
constexpr int64_t kMaxExpansion = 4;

// A tensor and its name.
using Item = std::pair<absl::string_view, const PickledTensor*>;

std::vector<Item> TensorsIn(const Pickle& pickle, const PickleObject& dict) {
  std::vector<Item> tensors;
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const PickleObject& key = pickle.objects[dict.items[i]];
    const PickleObject& value = pickle.objects[dict.items[i + 1]];
    if (key.kind == Kind::kText && value.kind == Kind::kTensor) {
      tensors.emplace_back(key.text, &pickle.tensors[value.number]);
    }
  }
  return tensors;
}

// Null unless `dict` has a dict under `name`.
const PickleObject* FindDict(const Pickle& pickle, const PickleObject& dict,
                             absl::string_view name) {
  const PickleObject* found = nullptr;
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const PickleObject& key = pickle.objects[dict.items[i]];
    if (key.kind == Kind::kText && key.text == name) found = &pickle.objects[dict.items[i + 1]];
  }
  return found != nullptr && found->kind == Kind::kDict ? found : nullptr;
}

absl::StatusOr<std::vector<Item>> FindStateDict(const Pickle& pickle) {
  const PickleObject& root = pickle.Root();
  if (root.kind != Kind::kDict) {
    return InputFileError(
        "holds no dict of tensors; save it with torch.save(model.state_dict(), path)");
  }
  for (const absl::string_view name : kUsualKeys) {
    const PickleObject* const dict = FindDict(pickle, root, name);
    if (dict == nullptr) continue;
    std::vector<Item> tensors = TensorsIn(pickle, *dict);
    if (!tensors.empty()) return tensors;
  }
  std::vector<Item> tensors = TensorsIn(pickle, root);
  if (!tensors.empty()) return tensors;
  return InputFileError(absl::StrCat("holds no tensors, neither at its root nor under ",
                                     absl::StrJoin(kUsualKeys, ", ")));
}

bool IsPrintable(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

absl::StatusOr<TensorRecords> TakeStateDict(
    const Pickle& pickle,
    const std::function<absl::StatusOr<absl::string_view>(absl::string_view key)>& find_storage,
    size_t file_bytes) {
  DFKD_ASSIGN_OR_RETURN(const std::vector<Item> items, FindStateDict(pickle));
  TensorRecords records;
  std::set<absl::string_view> names;
  int64_t budget = kMaxExpansion * static_cast<int64_t>(file_bytes);
  for (const auto& [name, tensor] : items) {
    if (!IsPrintable(name)) {
      return InputFileError(absl::StrCat("the name ", Quoted(name), " is not printable ASCII"));
    }
    if (!names.insert(name).second) {
      return InputFileError(absl::StrCat("two tensors are named ", Quoted(name)));
    }
    const PickledStorage& declared = pickle.storages.at(tensor->storage);
    TensorRecord record;
    record.name = std::string(name);
    record.dtype = declared.dtype;
    record.sizes = tensor->sizes;
    record.strides = tensor->strides;
    record.offset = tensor->offset;
    DFKD_ASSIGN_OR_RETURN(record.storage, find_storage(tensor->storage));
    const int64_t item = ItemSize(record.dtype);
    const int64_t stored = static_cast<int64_t>(record.storage.size());
    if (stored % item != 0 || stored / item != declared.elements) {
      return InputFileError(absl::StrCat("storage ", Quoted(tensor->storage), " is declared with ",
                                         declared.elements, " elements of ", item,
                                         " bytes, but the file holds ", stored, " bytes of it"));
    }
    DFKD_RETURN_IF_ERROR(CheckRecord(record));
    const int64_t elements = record.elements();
    if (elements > budget / item) {
      return InputFileError(absl::StrCat("tensor ", Quoted(name), ": the tensors are more than ",
                                         kMaxExpansion, " times as large as the file"));
    }
    budget -= elements * item;
    records.tensors.push_back(std::move(record));
  }
  return records;
}

}  // namespace dfkd
