#include "dfkd/weights/pytorch_legacy.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/little_endian.h"
#include "dfkd/core/status.h"
#include "dfkd/weights/pickle.h"
#include "dfkd/weights/state_dict.h"
#include "dfkd/weights/tensor_record.h"

namespace dfkd {
namespace {

using Kind = PickleObject::Kind;

// 0x1950a86a20f9469cfc6c as a pickle: protocol 2, ten bytes, stop.
constexpr absl::string_view kMagic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15);
constexpr int64_t kProtocol = 1001;

absl::Status Refuse(absl::string_view what) {
  return InputFileError(absl::StrCat("legacy stream: ", what));
}

// Runs the pickle at the front of `rest` and takes it off.
absl::StatusOr<Pickle> TakePickle(absl::string_view what, absl::string_view* rest) {
  absl::StatusOr<Pickle> pickle = RunPickle(*rest);
  if (!pickle.ok()) return Annotate(pickle.status(), what);
  rest->remove_prefix(pickle->bytes);
  return pickle;
}

// {"protocol_version": 1001, "little_endian": True, "type_sizes": {...}}
absl::Status CheckSystem(const Pickle& pickle) {
  const PickleObject& root = pickle.Root();
  if (root.kind != Kind::kDict) return Refuse("the description of the system is no dict");
  for (size_t i = 0; i + 1 < root.items.size(); i += 2) {
    const PickleObject& value = pickle.objects[root.items[i + 1]];
    if (pickle.objects[root.items[i]].text != "little_endian") continue;
    if (value.kind != Kind::kBool || value.number != 1) {
      return Refuse("the byte order is big; must be little");
    }
  }
  return absl::OkStatus();
}

// Takes one storage off the front of `rest`: the number of its elements, then these.
absl::StatusOr<absl::string_view> TakeStorage(absl::string_view key, const PickledStorage& declared,
                                              absl::string_view* rest) {
  const std::string storage = absl::StrCat("storage ", Quoted(key));
  if (rest->size() < sizeof(int64_t)) return Refuse(absl::StrCat(storage, " is cut off"));
  const int64_t elements = LoadLittleEndian<int64_t>(rest->data());
  rest->remove_prefix(sizeof(int64_t));
  if (elements != declared.elements) {
    return Refuse(absl::StrCat(storage, " is declared with ", declared.elements,
                               " elements, but has ", elements));
  }
  const int64_t item = ItemSize(declared.dtype);
  if (elements > static_cast<int64_t>(rest->size()) / item) {
    return Refuse(absl::StrCat(storage, " is cut off"));
  }
  const absl::string_view data = rest->substr(0, elements * item);
  rest->remove_prefix(data.size());
  return data;
}

// The storages stand in the order of `keys`, a list, and fill the rest of the file.
absl::StatusOr<std::map<absl::string_view, absl::string_view>> TakeStorages(
    const Pickle& declared, const Pickle& keys, absl::string_view rest) {
  if (keys.Root().kind != Kind::kList) return Refuse("the storages' keys are no list");
  std::map<absl::string_view, absl::string_view> storages;
  for (const uint32_t item : keys.Root().items) {
    const absl::string_view key = keys.objects[item].text;
    const auto storage = declared.storages.find(key);
    if (storage == declared.storages.end()) {
      return Refuse(absl::StrCat("storage ", Quoted(key), " is held but not declared"));
    }
    DFKD_ASSIGN_OR_RETURN(const absl::string_view data, TakeStorage(key, storage->second, &rest));
    if (!storages.emplace(key, data).second) {
      return Refuse(absl::StrCat("storage ", Quoted(key), " is held twice"));
    }
  }
  if (!rest.empty()) {
    return Refuse(absl::StrCat(rest.size(), " bytes follow behind the last storage"));
  }
  return storages;
}

}  // namespace

bool LooksLikePyTorchLegacy(absl::string_view bytes) { return absl::StartsWith(bytes, kMagic); }

absl::StatusOr<TensorRecords> ParsePyTorchLegacyRecords(absl::string_view bytes) {
  if (!LooksLikePyTorchLegacy(bytes)) return Refuse("the magic number is missing");
  absl::string_view rest = bytes.substr(kMagic.size());
  DFKD_ASSIGN_OR_RETURN(const Pickle version, TakePickle("version", &rest));
  if (version.Root().kind != Kind::kInt || version.Root().number != kProtocol) {
    return Refuse(absl::StrCat("the version is not ", kProtocol));
  }
  DFKD_ASSIGN_OR_RETURN(const Pickle system, TakePickle("system", &rest));
  DFKD_RETURN_IF_ERROR(CheckSystem(system));
  DFKD_ASSIGN_OR_RETURN(const Pickle pickle, TakePickle("objects", &rest));
  DFKD_ASSIGN_OR_RETURN(const Pickle keys, TakePickle("storage keys", &rest));
  DFKD_ASSIGN_OR_RETURN(const auto storages, TakeStorages(pickle, keys, rest));
  return TakeStateDict(
      pickle,
      [&](absl::string_view key) -> absl::StatusOr<absl::string_view> {
        const auto storage = storages.find(key);
        if (storage == storages.end())
          return Refuse(absl::StrCat("storage ", Quoted(key), " is missing"));
        return storage->second;
      },
      bytes.size());
}

}  // namespace dfkd
