// The registry: plugins by the type of their config message.
//
// A category is a class with a name and a context:
//
//   class Loss {
//    public:
//     static constexpr char kCategory[] = "loss";
//     using Context = LossContext;                        // what Create may use
//     ...
//   };
//
// A plugin is a class in a .cc file of its own, registered at its end:
//
//   class BnStatLoss : public Loss {
//    public:
//     using Config = BnStatConfig;
//     // Optional: rules that field_rule.proto cannot express. No device, weights or data.
//     static absl::Status Validate(const Config& config);
//     // Optional: what it needs and provides.
//     static Contract GetContract(const Config& config);
//     // Where the category declares a type Outline: what the plugin can tell before it is made.
//     static Loss::Outline GetOutline(const Config& config, const Experiment& experiment);
//     static absl::StatusOr<std::unique_ptr<Loss>> Create(const Config&, const LossContext&);
//     ...
//   };
//   DFKD_REGISTER_PLUGIN(Loss, BnStatLoss);
//
// The short name is the file's stem ("bn_stat"); it is for people and is never stored.
#ifndef DFKD_CORE_REGISTRY_H_
#define DFKD_CORE_REGISTRY_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/contract.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/message.h"

namespace dfkd {

class Experiment;

namespace registry_internal {

struct NoOutline {};
template <typename Interface>
struct OutlineOf {
  using Type = NoOutline;
};
template <typename Interface>
requires requires { typename Interface::Outline; }
struct OutlineOf<Interface> {
  using Type = typename Interface::Outline;
};

}  // namespace registry_internal

// One linked plugin, without its C++ type.
struct PluginInfo {
  std::string category;  // "loss"
  std::string name;      // "bn_stat"
  std::string source;    // "dfkd/losses/bn_stat.cc"
  const google::protobuf::Message* config_prototype = nullptr;
  std::function<absl::Status(const google::protobuf::Message&)> validate;
  std::function<Contract(const google::protobuf::Message&)> contract;

  // "dfkd.BnStatConfig"
  const std::string& type_name() const { return config_prototype->GetDescriptor()->full_name(); }
};

// All plugins of all categories; what `dfkd list` prints.
class PluginCatalog {
 public:
  static PluginCatalog& Get();

  PluginCatalog();
  ~PluginCatalog();

  // Called before main. Two plugins that share a type or a (category, name) end the program at the
  // first look-up.
  void Add(PluginInfo info);

  // By full type name; null when it is not linked.
  const PluginInfo* FindByType(absl::string_view type_name) const;
  // By category and short name; null when it is not linked.
  const PluginInfo* FindByName(absl::string_view category, absl::string_view name) const;
  // Sorted by name. An empty category means all, sorted by category first.
  std::vector<const PluginInfo*> List(absl::string_view category = "") const;

  // The error for a type that is not linked: what was asked for, what is linked, what to add. An
  // empty category means that any plugin may stand there.
  absl::Status NotLinked(absl::string_view category, absl::string_view type_name) const;

  // Unpacks `any`, which must hold the config of a linked plugin of `category` ("": of any). `path`
  // is where it stands, for messages: "method.encoder".
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> Unpack(
      absl::string_view category, const google::protobuf::Any& any, absl::string_view path) const;

  // Unpack, then the field rules (field_check.h), then the plugin's own Validate.
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> UnpackAndCheck(
      absl::string_view category, const google::protobuf::Any& any, absl::string_view path) const;

 private:
  struct Index;
  // Built at the first look-up.
  const Index& index() const;

  std::deque<PluginInfo> plugins_;
  mutable std::once_flag index_once_;
  mutable std::unique_ptr<const Index> index_;
};

// The factories of one category.
template <typename Interface>
class Registry {
 public:
  using Context = typename Interface::Context;
  using Factory = std::function<absl::StatusOr<std::unique_ptr<Interface>>(
      const google::protobuf::Message&, const Context&)>;

  static Registry& Get() {
    static auto* registry = new Registry();
    return *registry;
  }

  template <typename Plugin>
  bool Add(absl::string_view file);

  // Checks `config` and makes the plugin. `path` is where it stands in the spec, for messages.
  absl::StatusOr<std::unique_ptr<Interface>> Create(const google::protobuf::Any& config,
                                                    const Context& context,
                                                    absl::string_view path) const {
    auto message = PluginCatalog::Get().UnpackAndCheck(Interface::kCategory, config, path);
    if (!message.ok()) return message.status();
    for (const auto& [prototype, factory] : factories_) {
      if (prototype->GetDescriptor() == (*message)->GetDescriptor())
        return factory(**message, context);
    }
    return absl::InternalError("a plugin in the catalog has no factory");
  }

  using Outline = typename registry_internal::OutlineOf<Interface>::Type;

  // What the plugin behind `config` tells of itself in `experiment`; a default Outline where it
  // does not say.
  absl::StatusOr<Outline> GetOutline(const google::protobuf::Any& config,
                                     const Experiment& experiment, absl::string_view path) const {
    auto message = PluginCatalog::Get().UnpackAndCheck(Interface::kCategory, config, path);
    if (!message.ok()) return message.status();
    for (const auto& [prototype, outline] : outlines_) {
      if (prototype->GetDescriptor() == (*message)->GetDescriptor())
        return outline(**message, experiment);
    }
    return Outline{};
  }

  // What the plugin behind `config` needs and provides.
  absl::StatusOr<Contract> GetContract(const google::protobuf::Any& config,
                                       absl::string_view path) const {
    auto message = PluginCatalog::Get().UnpackAndCheck(Interface::kCategory, config, path);
    if (!message.ok()) return message.status();
    return PluginCatalog::Get()
        .FindByType((*message)->GetDescriptor()->full_name())
        ->contract(**message);
  }

 private:
  // Filled before main; descriptors are not touched until the first look-up.
  std::vector<std::pair<const google::protobuf::Message*, Factory>> factories_;
  std::vector<
      std::pair<const google::protobuf::Message*,
                std::function<Outline(const google::protobuf::Message&, const Experiment&)>>>
      outlines_;
};

// "dfkd/losses/bn_stat.cc" -> "bn_stat"
std::string PluginNameFromFile(absl::string_view file);

template <typename Interface>
template <typename Plugin>
bool Registry<Interface>::Add(absl::string_view file) {
  using Config = typename Plugin::Config;
  PluginInfo info;
  info.category = Interface::kCategory;
  info.name = PluginNameFromFile(file);
  info.source = std::string(file);
  info.config_prototype = &Config::default_instance();
  info.validate = [](const google::protobuf::Message& m) -> absl::Status {
    if constexpr (requires(const Config& c) { Plugin::Validate(c); }) {
      return Plugin::Validate(static_cast<const Config&>(m));
    } else {
      return absl::OkStatus();
    }
  };
  info.contract = [](const google::protobuf::Message& m) -> Contract {
    if constexpr (requires(const Config& c) { Plugin::GetContract(c); }) {
      return Plugin::GetContract(static_cast<const Config&>(m));
    } else {
      return {};
    }
  };
  factories_.emplace_back(&Config::default_instance(),
                          [](const google::protobuf::Message& m, const Context& context) {
                            return Plugin::Create(static_cast<const Config&>(m), context);
                          });
  if constexpr (requires(const Config& c, const Experiment& e) { Plugin::GetOutline(c, e); }) {
    outlines_.emplace_back(&Config::default_instance(),
                           [](const google::protobuf::Message& m, const Experiment& experiment) {
                             return Plugin::GetOutline(static_cast<const Config&>(m), experiment);
                           });
  }
  PluginCatalog::Get().Add(std::move(info));
  return true;
}

}  // namespace dfkd

// At namespace scope, at the end of the plugin's .cc file.
#define DFKD_REGISTER_PLUGIN(Interface, Plugin)                 \
  [[maybe_unused]] static const bool dfkd_registered_##Plugin = \
      ::dfkd::Registry<Interface>::Get().template Add<Plugin>(__FILE__)

#endif  // DFKD_CORE_REGISTRY_H_
