// Files linked into the binary by dfkd_embed (plugin.bzl): presets and shipped specs.
//
// A preset of category "model" is embedded as "model_preset". Its text is one config as it would
// stand in a google.protobuf.Any, and its first comment line is what `dfkd list` shows:
//
//   # WRN-16-1 of the CIFAR experiments.
//   [type.googleapis.com/dfkd.WideResNetConfig] { depth: 16 widen_factor: 1 }
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
