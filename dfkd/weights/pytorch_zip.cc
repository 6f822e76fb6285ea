#include "dfkd/weights/pytorch_zip.h"

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/status.h"
#include "dfkd/weights/pickle.h"
#include "dfkd/weights/state_dict.h"
#include "dfkd/weights/tensor_record.h"
#include "dfkd/weights/zip_archive.h"

namespace dfkd {
namespace {

absl::Status Refuse(absl::string_view what) { return InputFileError(absl::StrCat("zip: ", what)); }

// "ROOT/" of the archive's only folder.
absl::StatusOr<std::string> FindRoot(
    const std::map<absl::string_view, absl::string_view>& entries) {
  if (entries.empty()) return Refuse("the archive is empty");
  const absl::string_view first = entries.begin()->first;
  const std::string root(first.substr(0, first.find('/') + 1));
  for (const auto& [name, data] : entries) {
    if (root.empty() || root == "/" || !absl::StartsWith(name, root)) {
      return Refuse(
          absl::StrCat("entry ", Quoted(name), " does not lie in the archive's one folder"));
    }
  }
  return root;
}

}  // namespace

absl::StatusOr<TensorRecords> ParsePyTorchZipRecords(absl::string_view bytes) {
  DFKD_ASSIGN_OR_RETURN(const auto entries, ReadZip(bytes));
  DFKD_ASSIGN_OR_RETURN(const std::string root, FindRoot(entries));
  const auto find = [&](absl::string_view name) { return entries.find(absl::StrCat(root, name)); };
  if (find("constants.pkl") != entries.end()) {
    return Refuse(
        "this is a TorchScript program; save the weights alone, with "
        "torch.save(model.state_dict(), path)");
  }
  const auto byte_order = find("byteorder");
  if (byte_order != entries.end() && byte_order->second != "little") {
    return Refuse(
        absl::StrCat("the byte order is ", Quoted(byte_order->second), "; must be little"));
  }
  const auto program = find("data.pkl");
  if (program == entries.end())
    return Refuse("there is no data.pkl; torch.save did not write this");
  DFKD_ASSIGN_OR_RETURN(const Pickle pickle, RunPickle(program->second));
  if (pickle.bytes != program->second.size()) return Refuse("data.pkl goes on behind its end");
  return TakeStateDict(
      pickle,
      [&](absl::string_view key) -> absl::StatusOr<absl::string_view> {
        const auto storage = find(absl::StrCat("data/", key));
        if (storage == entries.end())
          return Refuse(absl::StrCat("storage ", Quoted(key), " is missing"));
        return storage->second;
      },
      bytes.size());
}

}  // namespace dfkd
