#include "dfkd/core/set_override.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "dfkd/core/any_config.h"
#include "dfkd/core/edit_distance.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/set_value.h"
#include "dfkd/core/status.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

using ::google::protobuf::Any;
using ::google::protobuf::Descriptor;
using ::google::protobuf::DynamicCastToGenerated;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

// One step of a path: "losses[bn_stat]".
struct Step {
  std::string name;
  std::optional<std::string> item;
};

absl::StatusOr<std::vector<Step>> ParsePath(absl::string_view path) {
  std::vector<Step> steps;
  for (absl::string_view part : absl::StrSplit(path, '.')) {
    Step step;
    const size_t bracket = part.find('[');
    step.name = std::string(part.substr(0, bracket));
    if (bracket != absl::string_view::npos) {
      absl::string_view item = part.substr(bracket + 1);
      if (!absl::ConsumeSuffix(&item, "]") || item.empty()) {
        return ConfigError(absl::StrCat("\"", part,
                                        "\" is no step of a path; write NAME or "
                                        "NAME[ITEM], joined by dots"));
      }
      step.item = std::string(item);
    }
    if (step.name.empty()) return ConfigError("the path has an empty name");
    steps.push_back(std::move(step));
  }
  return steps;
}

// Walks the path and sets what stands at its end.
class Setter {
 public:
  Setter(std::vector<Step> steps, std::string value)
      : steps_(std::move(steps)), value_(std::move(value)) {}

  // steps_[at] is a field of `message`, which stands at `path`.
  absl::Status Apply(Message* message, size_t at, const std::string& path) {
    const Step& step = steps_[at];
    const FieldDescriptor* field = message->GetDescriptor()->FindFieldByName(step.name);
    if (field == nullptr) return ApplyToConfig(message, at, path);
    if (RuleOf(field).has_renamed_to()) {
      LOG(WARNING) << FieldPath(path, step.name) << " is now called " << RuleOf(field).renamed_to();
      field = message->GetDescriptor()->FindFieldByName(RuleOf(field).renamed_to());
      CHECK(field != nullptr) << step.name << " is renamed to a field that is not there";
    }
    const std::string here = FieldPath(path, field->name());
    const bool last = at + 1 == steps_.size();
    if (step.item.has_value()) return ApplyToItem(message, field, at, here);
    if (last) {
      ClearRivalField(message, field);
      return PutField(message, field, value_, here);
    }
    if (field->is_repeated()) {
      return ConfigError(absl::StrCat(here, " is a list; name an item: ", here, "[0]"));
    }
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      return ConfigError(absl::StrCat(here, " takes ", ExpectedText(field), " and has no field \"",
                                      steps_[at + 1].name, "\""));
    }
    return Enter(message->GetReflection()->MutableMessage(message, field), field, at + 1, here);
  }

 private:
  absl::Status Enter(Message* child, const FieldDescriptor* field, size_t at,
                     const std::string& path) {
    if (Any* any = DynamicCastToGenerated<Any>(child)) return ApplyToAny(any, field, at, path);
    return Apply(child, at, path);
  }

  absl::Status ApplyToItem(Message* message, const FieldDescriptor* field, size_t at,
                           const std::string& path) {
    if (!field->is_repeated()) return ConfigError(absl::StrCat(path, " is not a list"));
    const std::string& item = *steps_[at].item;
    DFKD_ASSIGN_OR_RETURN(const int index, FindItem(*message, field, item, path));
    const std::string here = absl::StrCat(path, "[", item, "]");
    if (at + 1 == steps_.size()) return PutItem(message, field, index, value_, here);
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      return ConfigError(absl::StrCat(here, " has no fields"));
    }
    return Enter(message->GetReflection()->MutableRepeatedMessage(message, field, index), field,
                 at + 1, here);
  }

  // What a message such as LossSpec lacks is looked for in its config.
  absl::Status ApplyToConfig(Message* message, size_t at, const std::string& path) {
    const FieldDescriptor* config = ConfigField(message->GetDescriptor());
    if (config == nullptr || !message->GetReflection()->HasField(*message, config)) {
      return NoSuchField({message->GetDescriptor()}, steps_[at].name, path);
    }
    Any* any =
        DynamicCastToGenerated<Any>(message->GetReflection()->MutableMessage(message, config));
    return ApplyToAny(any, config, at, path);
  }

  absl::Status ApplyToAny(Any* any, const FieldDescriptor* field, size_t at,
                          const std::string& path) {
    const std::string& category = RuleOf(field).category();
    if (any->type_url().empty()) {
      return ConfigError(absl::StrCat(path, " is not set; choose one first: ", path, "=NAME, with ",
                                      "NAME one of ",
                                      absl::StrJoin(NamesForConfig(category), ", ")));
    }
    DFKD_ASSIGN_OR_RETURN(std::unique_ptr<Message> config,
                          PluginCatalog::Get().Unpack(category, *any, path));
    const std::string& type = config->GetDescriptor()->name();
    // The type may be named, as it is in the paths of error messages.
    if (steps_[at].name == type && at + 1 < steps_.size()) ++at;
    if (config->GetDescriptor()->FindFieldByName(steps_[at].name) == nullptr &&
        ConfigField(config->GetDescriptor()) == nullptr) {
      std::vector<const Descriptor*> types = {config->GetDescriptor()};
      if (field == ConfigField(field->containing_type())) {
        types.insert(types.begin(), field->containing_type());
      }
      return NoSuchField(types, steps_[at].name, path);
    }
    DFKD_RETURN_IF_ERROR(Apply(config.get(), at, path));
    any->PackFrom(*config);
    return absl::OkStatus();
  }

  static absl::Status NoSuchField(const std::vector<const Descriptor*>& types,
                                  const std::string& name, const std::string& path) {
    std::vector<std::string> names, fields;
    for (const Descriptor* type : types) {
      names.push_back(type->name());
      for (int i = 0; i < type->field_count(); ++i) fields.push_back(type->field(i)->name());
    }
    return ConfigError(absl::StrCat(path, path.empty() ? "" : ": ", absl::StrJoin(names, " and "),
                                    names.size() > 1 ? " have" : " has", " no field \"", name, "\"",
                                    DidYouMean(name, fields)));
  }

  const std::vector<Step> steps_;
  const std::string value_;
};

}  // namespace

absl::Status SetField(absl::string_view path, absl::string_view value, Message* message) {
  DFKD_ASSIGN_OR_RETURN(std::vector<Step> steps, ParsePath(path));
  return Setter(std::move(steps), std::string(value)).Apply(message, 0, "");
}

absl::Status ApplySet(absl::string_view assignment, Message* message) {
  const std::string where = absl::StrCat("--set ", assignment);
  const size_t equals = assignment.find('=');
  if (equals == absl::string_view::npos) {
    return ConfigError(absl::StrCat(where, ": has no \"=\"; write PATH=VALUE"));
  }
  return Annotate(SetField(absl::StripAsciiWhitespace(assignment.substr(0, equals)),
                           absl::StripAsciiWhitespace(assignment.substr(equals + 1)), message),
                  where);
}

std::string TextValue(absl::string_view text) {
  return absl::StrCat("\"", absl::Utf8SafeCEscape(text), "\"");
}

}  // namespace dfkd
