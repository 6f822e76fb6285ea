// Makes weight files piece by piece, for tests: right ones, and ones that break a single rule.
#ifndef DFKD_WEIGHTS_FILE_FORGE_H_
#define DFKD_WEIGHTS_FILE_FORGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace dfkd {

// Length, header, buffer.
std::string ForgeSafetensors(absl::string_view header, absl::string_view buffer);

struct ForgedEntry {
  std::string name;
  std::string content;
};
struct ZipStyle {
  bool sizes_follow = true;  // in a descriptor behind the data, as torch.save writes
  bool zip64 = false;        // 64-bit fields everywhere
  bool checksums = true;     // else zeros
};
std::string ForgeZip(const std::vector<ForgedEntry>& entries, const ZipStyle& style = {});

// The parts of a pickle.
inline constexpr absl::string_view kPickleBegin("\x80\x02", 2);
std::string PickleText(absl::string_view text);
std::string PickleInt(int32_t value);
std::string PickleName(absl::string_view module, absl::string_view name);
// The numbers in a tuple.
std::string PickleTuple(const std::vector<int32_t>& numbers);
// A storage's persistent id, without the legacy stream's last part.
std::string PickleStorage(absl::string_view key, int32_t elements,
                          absl::string_view storage_class = "FloatStorage");
// A call of _rebuild_tensor_v2.
std::string PickleTensor(absl::string_view storage, int32_t offset,
                         const std::vector<int32_t>& sizes, const std::vector<int32_t>& strides);
// A whole program: the dict {name: item, ...}.
std::string PickleDict(const std::vector<std::pair<std::string, std::string>>& items);

// What torch.save would write for the program of a pickle and the storages that it declares.
std::string ForgePyTorchZip(absl::string_view program, const std::vector<ForgedEntry>& storages,
                            const ZipStyle& style = {});

// The legacy stream; `storages` hold their elements' bytes, of four bytes each.
std::string ForgePyTorchLegacy(absl::string_view program, const std::vector<ForgedEntry>& storages);

// `bytes` with the `nth` occurrence of `from` (counted from 0) replaced by `to`. There must be one.
std::string Patch(std::string bytes, absl::string_view from, absl::string_view to, int nth = 0);

}  // namespace dfkd

#endif  // DFKD_WEIGHTS_FILE_FORGE_H_
