#include "dfkd/core/conformance.h"

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "dfkd/core/any_config.h"
#include "dfkd/core/embedded.h"
#include "dfkd/core/field_check.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/presets.h"
#include "dfkd/core/status.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/message.h"

namespace dfkd {
namespace {

using ::google::protobuf::Any;
using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::MessageFactory;

std::string FieldViolation(const FieldDescriptor* field) {
  const FieldRule& rule = RuleOf(field);
  if (rule.help().empty()) return "has no help";
  if (IsAny(field) && rule.category().empty()) return "has no category";
  if (rule.has_renamed_to()) {
    const FieldDescriptor* target = field->containing_type()->FindFieldByName(rule.renamed_to());
    if (target == nullptr || target->is_repeated() != field->is_repeated()) {
      return absl::StrCat("is renamed to ", rule.renamed_to(), ", which cannot take its place");
    }
  }
  if (field->has_default_value() && IsNumber(field)) {
    const Message* empty =
        MessageFactory::generated_factory()->GetPrototype(field->containing_type());
    const std::string violation = NumberViolation(*empty, field, -1, "by default");
    if (!violation.empty()) return violation;
  }
  return "";
}

void AddSchemaViolations(const Descriptor* type, std::set<const Descriptor*>* seen,
                         std::vector<std::string>* violations) {
  if (!seen->insert(type).second) return;
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    const std::string violation = FieldViolation(field);
    if (!violation.empty()) {
      violations->push_back(absl::StrCat(type->name(), ".", field->name(), " ", violation));
    }
    if (field->message_type() != nullptr && !IsAny(field)) {
      AddSchemaViolations(field->message_type(), seen, violations);
    }
  }
}

// As it would be checked in a resolved spec.
absl::Status CheckConfig(Message* config, const PluginInfo& plugin, absl::string_view path) {
  DFKD_RETURN_IF_ERROR(ExpandPresets(config));
  SpellOutDefaults(config);
  Any any;
  any.PackFrom(*config);
  return PluginCatalog::Get().UnpackAndCheck(plugin.category, any, path).status();
}

absl::Status CheckExample(const PluginInfo& plugin, const std::string& example) {
  std::unique_ptr<Message> config(plugin.config_prototype->New());
  DFKD_RETURN_IF_ERROR(ParseTextproto(example, "example", config.get()));
  return CheckConfig(config.get(), plugin, "example");
}

// "BnStatConfig" and "bn_stat": equal but for case, underscores and the suffix.
bool IsCalledAfter(const std::string& type, const std::string& name) {
  return absl::AsciiStrToLower(type) == absl::StrReplaceAll(name, {{"_", ""}}) + "config";
}

absl::Status CheckPreset(const EmbeddedFile& file, const std::string& category) {
  if (PresetHelp(file).empty()) return ConfigError("has no first comment line");
  if (PluginCatalog::Get().FindByName(category, file.name) != nullptr) {
    return ConfigError("is called as a plugin is");
  }
  DFKD_ASSIGN_OR_RETURN(const Any any, FindPreset(category, file.name));
  DFKD_ASSIGN_OR_RETURN(std::unique_ptr<Message> config,
                        PluginCatalog::Get().Unpack(category, any, "preset"));
  const PluginInfo* plugin = PluginCatalog::Get().FindByType(AnyTypeName(any));
  return CheckConfig(config.get(), *plugin, "preset");
}

}  // namespace

std::vector<std::string> SchemaViolations(const Descriptor* type) {
  std::vector<std::string> violations;
  std::set<const Descriptor*> seen;
  AddSchemaViolations(type, &seen, &violations);
  return violations;
}

std::vector<std::string> PluginViolations(const PluginInfo& plugin) {
  const Descriptor* type = plugin.config_prototype->GetDescriptor();
  std::vector<std::string> violations = SchemaViolations(type);
  const PluginRule& rule = type->options().GetExtension(dfkd::plugin);
  if (rule.help().empty()) violations.push_back("has no help");
  if (!IsCalledAfter(type->name(), plugin.name)) {
    violations.push_back(absl::StrCat("has a config called ", type->name()));
  }
  if (!rule.has_example()) {
    violations.push_back("has no example");
  } else if (const absl::Status status = CheckExample(plugin, rule.example()); !status.ok()) {
    violations.emplace_back(status.message());
  }
  for (std::string& line : violations) line = absl::StrCat(plugin.source, ": ", line);
  return violations;
}

std::vector<std::string> FindConformanceViolations(absl::string_view category) {
  std::vector<std::string> violations;
  std::set<std::string> categories = {std::string(category)};
  for (const PluginInfo* plugin : PluginCatalog::Get().List(category)) {
    categories.insert(plugin->category);
    for (std::string& line : PluginViolations(*plugin)) violations.push_back(std::move(line));
  }
  for (const std::string& name : categories) {
    for (const EmbeddedFile* file : ListPresets(name)) {
      const absl::Status status = CheckPreset(*file, name);
      if (!status.ok()) violations.push_back(absl::StrCat(file->path, ": ", status.message()));
    }
  }
  return violations;
}

}  // namespace dfkd
