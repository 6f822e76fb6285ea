// Files linked into the binary by dfkd_embed (plugin.bzl): presets and shipped specs.
#ifndef DFKD_CORE_EMBEDDED_H_
#define DFKD_CORE_EMBEDDED_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace dfkd {

struct EmbeddedFile {
  absl::string_view category;  // "model_preset", "encoder_preset", "experiment"
  absl::string_view name;      // file stem
  absl::string_view path;      // "dfkd/models/presets/wrn16_1.textproto"
  absl::string_view text;
};

// Called by generated code before main.
bool AddEmbeddedFile(EmbeddedFile file);

// Null when absent.
const EmbeddedFile* FindEmbeddedFile(absl::string_view category, absl::string_view name);
// Sorted by name.
std::vector<const EmbeddedFile*> ListEmbeddedFiles(absl::string_view category);

}  // namespace dfkd

#endif  // DFKD_CORE_EMBEDDED_H_
