#include "dfkd/core/registry.h"

#include <cctype>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "dfkd/core/any_config.h"
#include "dfkd/core/edit_distance.h"
#include "dfkd/core/field_check.h"
#include "dfkd/core/status.h"
#include "glog/logging.h"

namespace dfkd {

using ::google::protobuf::Any;
using ::google::protobuf::Message;

struct PluginCatalog::Index {
  std::map<std::string, const PluginInfo*, std::less<>> by_type;
  // By category, then name.
  std::map<std::pair<std::string, std::string>, const PluginInfo*> by_name;
};

namespace {

// "dfkd.BnStatConfig" -> "bn_stat": what the plugin's file is called, as a rule.
std::string GuessName(absl::string_view type_name) {
  absl::string_view camel = type_name.substr(type_name.rfind('.') + 1);
  camel = absl::StripSuffix(camel, "Config");
  std::string name;
  for (size_t i = 0; i < camel.size(); ++i) {
    const bool upper = std::isupper(static_cast<unsigned char>(camel[i])) != 0;
    const bool next_lower =
        i + 1 < camel.size() && std::islower(static_cast<unsigned char>(camel[i + 1]));
    const bool after_upper = i > 0 && std::isupper(static_cast<unsigned char>(camel[i - 1]));
    if (i > 0 && upper && (!after_upper || next_lower)) name += '_';
    name += static_cast<char>(std::tolower(static_cast<unsigned char>(camel[i])));
  }
  return name;
}

std::vector<std::string> TypeNames(const std::vector<const PluginInfo*>& plugins) {
  std::vector<std::string> names;
  for (const PluginInfo* plugin : plugins) names.push_back(plugin->type_name());
  return names;
}

// "linked in category "loss": dfkd.BnStatConfig, dfkd.CrossEntropyConfig"
std::string LinkedText(absl::string_view category, const std::vector<std::string>& types) {
  return absl::StrCat("linked in category \"", category,
                      "\": ", types.empty() ? "nothing" : absl::StrJoin(types, ", "));
}

}  // namespace

PluginCatalog::PluginCatalog() = default;
PluginCatalog::~PluginCatalog() = default;

PluginCatalog& PluginCatalog::Get() {
  static auto* catalog = new PluginCatalog();
  return *catalog;
}

void PluginCatalog::Add(PluginInfo info) {
  CHECK(index_ == nullptr) << info.source << " is registered after the first look-up";
  plugins_.push_back(std::move(info));
}

const PluginCatalog::Index& PluginCatalog::index() const {
  std::call_once(index_once_, [this] {
    auto index = std::make_unique<Index>();
    for (const PluginInfo& plugin : plugins_) {
      auto [same_type, new_type] = index->by_type.emplace(plugin.type_name(), &plugin);
      CHECK(new_type) << plugin.source << " and " << same_type->second->source
                      << " both register the config type " << plugin.type_name();
      auto [same_name, new_name] =
          index->by_name.emplace(std::make_pair(plugin.category, plugin.name), &plugin);
      CHECK(new_name) << plugin.source << " and " << same_name->second->source
                      << " both register the " << plugin.category << " \"" << plugin.name << "\"";
    }
    index_ = std::move(index);
  });
  return *index_;
}

const PluginInfo* PluginCatalog::FindByType(absl::string_view type_name) const {
  auto it = index().by_type.find(type_name);
  return it == index().by_type.end() ? nullptr : it->second;
}

const PluginInfo* PluginCatalog::FindByName(absl::string_view category,
                                            absl::string_view name) const {
  auto it = index().by_name.find({std::string(category), std::string(name)});
  return it == index().by_name.end() ? nullptr : it->second;
}

std::vector<const PluginInfo*> PluginCatalog::List(absl::string_view category) const {
  std::vector<const PluginInfo*> plugins;
  for (const auto& [key, plugin] : index().by_name) {
    if (category.empty() || key.first == category) plugins.push_back(plugin);
  }
  return plugins;
}

absl::Status PluginCatalog::NotLinked(absl::string_view category,
                                      absl::string_view type_name) const {
  const std::vector<const PluginInfo*> plugins = List(category);
  const std::vector<std::string> types = TypeNames(plugins);
  std::string message = absl::StrCat(type_name, " is not linked into this program",
                                     DidYouMean(type_name, types), "\n");
  if (!category.empty()) absl::StrAppend(&message, LinkedText(category, types), "\n");
  // A plugin's target is named after its file, which lies beside the others of its category.
  std::string target = absl::StrCat("named ", GuessName(type_name), " after its file");
  if (!category.empty() && !plugins.empty()) {
    const std::string& source = plugins.front()->source;
    target = absl::StrCat("//", source.substr(0, source.rfind('/')), ":", GuessName(type_name),
                          " by its name");
  }
  absl::StrAppend(&message, "to link it, add its target, ", target,
                  ", to the plugins of this program's dfkd_binary");
  return ConfigError(message);
}

absl::StatusOr<std::unique_ptr<Message>> PluginCatalog::Unpack(absl::string_view category,
                                                               const Any& any,
                                                               absl::string_view path) const {
  const absl::string_view type = AnyTypeName(any);
  if (type.empty()) {
    return ConfigError(absl::StrCat(path, " holds no config; write [type.googleapis.com/TYPE] {}, ",
                                    LinkedText(category, TypeNames(List(category)))));
  }
  const PluginInfo* plugin = FindByType(type);
  if (plugin == nullptr) return Annotate(NotLinked(category, type), path);
  if (!category.empty() && plugin->category != category) {
    return ConfigError(absl::StrCat(path, ": ", type, " is of category \"", plugin->category,
                                    "\"; this field takes \"", category, "\"; ",
                                    LinkedText(category, TypeNames(List(category)))));
  }
  std::unique_ptr<Message> config(plugin->config_prototype->New());
  if (!config->ParsePartialFromString(any.value())) {
    return ConfigError(absl::StrCat(path, ": the bytes are not a ", type));
  }
  return config;
}

absl::StatusOr<std::unique_ptr<Message>> PluginCatalog::UnpackAndCheck(
    absl::string_view category, const Any& any, absl::string_view path) const {
  DFKD_ASSIGN_OR_RETURN(std::unique_ptr<Message> config, Unpack(category, any, path));
  const std::string config_path = FieldPath(path, config->GetDescriptor()->name());
  DFKD_RETURN_IF_ERROR(MoveRenamedFields(config.get(), config_path));
  DFKD_RETURN_IF_ERROR(CheckFields(*config, config_path));
  DFKD_RETURN_IF_ERROR(Annotate(FindByType(AnyTypeName(any))->validate(*config), config_path));
  return config;
}

std::string PluginNameFromFile(absl::string_view file) {
  const absl::string_view base = file.substr(file.rfind('/') + 1);
  return std::string(base.substr(0, base.rfind('.')));
}

}  // namespace dfkd
