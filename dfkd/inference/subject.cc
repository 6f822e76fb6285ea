#include "dfkd/inference/subject.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dfkd/core/any_config.h"
#include "dfkd/core/edit_distance.h"
#include "dfkd/core/field_check.h"
#include "dfkd/core/files.h"
#include "dfkd/core/folders.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/presets.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/resolve.h"
#include "dfkd/core/set_override.h"
#include "dfkd/core/spec_matrix.h"
#include "dfkd/core/status.h"
#include "dfkd/data/class_folders.h"

namespace dfkd {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kSpecEnding[] = ".textproto";
constexpr char kImageFolder[] = "image_folder";
constexpr size_t kMostNamed = 5;

// The folder's splits, or the folder itself where its class folders lie in it.
absl::Status SetImageFolder(const std::string& folder, Subject* subject) {
  DFKD_RETURN_IF_ERROR(SetField("data.source", kImageFolder, subject));
  DFKD_RETURN_IF_ERROR(SetField("data.source.folder", TextValue(folder), subject));
  const auto holds = [&folder](const char* name) { return IsDirectory(JoinPath(folder, name)); };
  for (const char* validation : {"validation", "val"}) {
    if (!holds(validation)) continue;
    DFKD_RETURN_IF_ERROR(SetField("data.source.validation", TextValue(validation), subject));
  }
  if (holds("train") && holds("test")) return absl::OkStatus();
  if (!holds("train")) DFKD_RETURN_IF_ERROR(SetField("data.source.train", "\"\"", subject));
  const char* test = holds("test") ? "test" : holds("val") ? "val" : ".";
  if (test[0] == '.' && holds("train")) return absl::OkStatus();
  return SetField("data.source.test", TextValue(test), subject);
}

bool IsSet(const Message& message, const char* name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr) return false;
  return field->is_repeated() ? message.GetReflection()->FieldSize(message, field) > 0
                              : message.GetReflection()->HasField(message, field);
}

// The folders of the splits of a folder of images; a test split is taken where it is there.
std::vector<std::string> SplitFolders(const Message& config) {
  std::vector<std::string> folders;
  for (const char* split : {"train", "validation", "test"}) {
    folders.push_back(
        config.GetReflection()->GetString(config, config.GetDescriptor()->FindFieldByName(split)));
  }
  if (!IsSet(config, "test") && folders[0] != ".") folders[2] = "test";
  std::erase(folders, "");
  return folders;
}

// Class folders that no class of the card is called like would be left out without a word.
absl::Status RefuseStrangeFolders(const Message& config, const TeacherCard& card) {
  const std::string root =
      config.GetReflection()->GetString(config, config.GetDescriptor()->FindFieldByName("folder"));
  const std::vector<std::string> splits = SplitFolders(config);
  const auto is_known = [&](const std::string& name) {
    return std::count(card.class_name().begin(), card.class_name().end(), name) > 0 ||
           std::count(splits.begin(), splits.end(), name) > 0;
  };
  for (const std::string& split : splits) {
    const std::string dir = split == "." ? root : JoinPath(root, split);
    if (!IsDirectory(dir)) continue;
    DFKD_ASSIGN_OR_RETURN(std::vector<FolderClass> found, ListClassFolders(dir));
    std::erase_if(found, [&](const FolderClass& one) { return is_known(one.folder); });
    if (found.empty()) continue;
    const size_t more = found.size() - std::min(found.size(), kMostNamed);
    found.resize(found.size() - more);
    return InputFileError(absl::StrCat(
        dir, ": no class of the card is called like the folders ",
        absl::StrJoin(found, ", ",
                      [](std::string* out, const FolderClass& one) { *out += one.folder; }),
        more > 0 ? absl::StrCat(" and ", more, " more") : "",
        "; rename them, or say by --set=data.source.class=… which folder is which class"));
  }
  return absl::OkStatus();
}

absl::Status TakeDataOfSpec(const std::string& spec, Subject* subject) {
  DFKD_ASSIGN_OR_RETURN(const ResolvedSpec resolved, ResolveSpec(spec));
  if (!resolved.spec.has_data()) {
    return ConfigError(absl::StrCat("--data=", spec, ": that experiment has no data"));
  }
  *subject->mutable_data() = resolved.spec.data();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<DataArgument> ParseDataArgument(absl::string_view text) {
  DataArgument argument;
  argument.source = std::string(text);
  const size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos || IsDirectory(argument.source)) return argument;
  const absl::string_view word = text.substr(colon + 1);
  std::vector<std::string> names;
  for (const SplitName split : kSplitNames) {
    names.emplace_back(NameOf(split));
    if (word == NameOf(split)) argument.split = split;
  }
  if (argument.split.has_value()) {
    argument.source = std::string(text.substr(0, colon));
  } else if (!absl::StrContains(word, '/') && !ParseCellPath(text).has_value()) {
    return ConfigError(absl::StrCat("--data=", text, ": there is no split \"", word, "\" among ",
                                    absl::StrJoin(names, ", "),
                                    DidYouMean(std::string(word), names)));
  }
  return argument;
}

absl::Status SetData(const std::string& source, Subject* subject) {
  if (absl::EndsWith(source, kSpecEnding) || ParseCellPath(source).has_value()) {
    return TakeDataOfSpec(source, subject);
  }
  if (PluginCatalog::Get().FindByName(Dataset::kCategory, source) != nullptr) {
    return SetField("data.source", source, subject);
  }
  if (absl::StrContains(source, '/') || IsDirectory(source)) return SetImageFolder(source, subject);
  DFKD_ASSIGN_OR_RETURN(const bool is_spec, IsShippedSpec(source));
  if (is_spec) return TakeDataOfSpec(source, subject);
  std::vector<std::string> names;
  for (const PluginInfo* plugin : PluginCatalog::Get().List(Dataset::kCategory)) {
    names.push_back(plugin->name);
  }
  return ConfigError(absl::StrCat("--data=", source, ": there is no data set of that name among ",
                                  absl::StrJoin(names, ", "), DidYouMean(source, names),
                                  "; nor a shipped experiment or a folder of images"));
}

absl::Status FillFromCard(const TeacherCard& card, Subject* subject) {
  const std::unique_ptr<Message> config = UnpackAny(subject->data().source());
  const PluginInfo* plugin = PluginCatalog::Get().FindByName(Dataset::kCategory, kImageFolder);
  if (config == nullptr || plugin == nullptr ||
      config->GetDescriptor() != plugin->config_prototype->GetDescriptor()) {
    return absl::OkStatus();
  }
  if (card.class_name_size() > 0 && !IsSet(*config, "class") && !IsSet(*config, "class_file")) {
    DFKD_RETURN_IF_ERROR(RefuseStrangeFolders(*config, card));
    std::vector<std::string> classes;
    for (const std::string& name : card.class_name()) {
      classes.push_back(absl::StrCat("{ folder: ", TextValue(name), " }"));
    }
    DFKD_RETURN_IF_ERROR(SetField("data.source.class",
                                  absl::StrCat("[", absl::StrJoin(classes, ", "), "]"), subject));
  }
  if (card.has_normalization() && !IsSet(*config, "normalization")) {
    DFKD_RETURN_IF_ERROR(
        SetField("data.source.normalization",
                 absl::StrCat("{ ", PrintTextprotoLine(card.normalization()), " }"), subject));
  }
  if (card.has_channels() && !IsSet(*config, "channels")) {
    DFKD_RETURN_IF_ERROR(SetField("data.source.channels", absl::StrCat(card.channels()), subject));
  }
  return absl::OkStatus();
}

absl::Status ApplySettings(const std::vector<std::string>& settings, Subject* subject) {
  DFKD_RETURN_IF_ERROR(ExpandPresets(subject));
  for (const std::string& setting : settings) {
    DFKD_RETURN_IF_ERROR(ApplySet(setting, subject));
    DFKD_RETURN_IF_ERROR(Annotate(MoveRenamedFields(subject, ""), setting));
    DFKD_RETURN_IF_ERROR(ExpandPresets(subject));
  }
  return CheckFields(*subject, "");
}

}  // namespace dfkd
