#include "dfkd/core/presets.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "dfkd/core/any_config.h"
#include "dfkd/core/edit_distance.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/status.h"

namespace dfkd {

using ::google::protobuf::Any;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

namespace {

// More than any spec nests; a preset that contains itself ends here.
constexpr int kMaxDepth = 64;

absl::Status ExpandHere(Message* message, absl::string_view path) {
  const FieldDescriptor* preset = PresetField(message->GetDescriptor());
  if (preset == nullptr || !message->GetReflection()->HasField(*message, preset)) {
    return absl::OkStatus();
  }
  const FieldDescriptor* config = ConfigField(message->GetDescriptor());
  if (message->GetReflection()->HasField(*message, config)) {
    return ConfigError(
        absl::StrCat(path, ": exactly one of preset and config must be set; both are"));
  }
  if (std::count(path.begin(), path.end(), '.') > kMaxDepth) {
    return ConfigError(absl::StrCat(path.substr(0, path.find('.')), ": presets nest too deep"));
  }
  const std::string name = message->GetReflection()->GetString(*message, preset);
  auto found = FindPreset(RuleOf(preset).category(), name);
  if (!found.ok()) return Annotate(found.status(), FieldPath(path, preset->name()));
  message->GetReflection()->ClearField(message, preset);
  message->GetReflection()->MutableMessage(message, config)->CopyFrom(*found);
  return absl::OkStatus();
}

}  // namespace

std::vector<const EmbeddedFile*> ListPresets(absl::string_view category) {
  return ListEmbeddedFiles(absl::StrCat(category, "_preset"));
}

std::vector<std::string> PresetNames(absl::string_view category) {
  std::vector<std::string> names;
  for (const EmbeddedFile* file : ListPresets(category)) names.emplace_back(file->name);
  return names;
}

absl::StatusOr<Any> FindPreset(absl::string_view category, absl::string_view name) {
  const EmbeddedFile* file = FindEmbeddedFile(absl::StrCat(category, "_preset"), name);
  if (file == nullptr) {
    const std::vector<std::string> names = PresetNames(category);
    return ConfigError(
        absl::StrCat("there is no ", category, " preset \"", name, "\" among ",
                     names.empty() ? "those linked (none)" : absl::StrJoin(names, ", "),
                     DidYouMean(name, names)));
  }
  Any config;
  DFKD_RETURN_IF_ERROR(ParseTextproto(file->text, file->path, &config));
  return config;
}

std::string PresetHelp(const EmbeddedFile& file) {
  absl::string_view line = file.text.substr(0, file.text.find('\n'));
  if (!absl::ConsumePrefix(&line, "#")) return "";
  return std::string(absl::StripAsciiWhitespace(line));
}

absl::Status ExpandPresets(Message* message) { return EditEach(message, "", ExpandHere); }

}  // namespace dfkd
