// Named configs of models and encoders: the files that dfkd_embed links as "<category>_preset".
#ifndef DFKD_CORE_PRESETS_H_
#define DFKD_CORE_PRESETS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/embedded.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/message.h"

namespace dfkd {

// Sorted by name.
std::vector<const EmbeddedFile*> ListPresets(absl::string_view category);
std::vector<std::string> PresetNames(absl::string_view category);

// The config that `name` stands for; ConfigError with the nearest name where there is none.
absl::StatusOr<google::protobuf::Any> FindPreset(absl::string_view category,
                                                 absl::string_view name);

// What the file says of the preset: its first comment line, without "# ". "" where it has none.
std::string PresetHelp(const EmbeddedFile& file);

// Puts the config in the place of the preset's name in every message that has both fields, such as
// ModelSpec and EncoderSpec, here and in all messages within.
absl::Status ExpandPresets(google::protobuf::Message* message);

}  // namespace dfkd

#endif  // DFKD_CORE_PRESETS_H_
