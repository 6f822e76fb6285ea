#include "dfkd/core/set_value.h"

#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "dfkd/core/any_config.h"
#include "dfkd/core/edit_distance.h"
#include "dfkd/core/embedded.h"
#include "dfkd/core/item_name.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/presets.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"

namespace dfkd {

using ::google::protobuf::Any;
using ::google::protobuf::DynamicCastToGenerated;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;
using ::google::protobuf::TextFormat;

namespace {

// Splits "a, {b: [1, 2]}" at the commas outside of brackets and quotes.
std::vector<std::string> SplitList(absl::string_view text) {
  std::vector<std::string> items;
  std::string item;
  int depth = 0;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == '\\' && i + 1 < text.size()) item += text[i++];
      if (text[i] == quote && c != '\\') quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
    } else if (c == ',' && depth == 0) {
      items.emplace_back(absl::StripAsciiWhitespace(item));
      item.clear();
      continue;
    }
    item += text[i];
  }
  const absl::string_view last = absl::StripAsciiWhitespace(item);
  if (!last.empty() || !items.empty()) items.emplace_back(last);
  return items;
}

class IgnoreErrors : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int, int, const std::string&) override {}
};

std::vector<std::string> EnumNames(const FieldDescriptor* field) {
  std::vector<std::string> names;
  for (int i = 0; i < field->enum_type()->value_count(); ++i) {
    names.push_back(field->enum_type()->value(i)->name());
  }
  return names;
}

}  // namespace

std::string ExpectedText(const FieldDescriptor* field) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
      return "an integer";
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return "an integer from 0 on";
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return "a number";
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true or false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return absl::StrCat("one of ", absl::StrJoin(EnumNames(field), ", "));
    case FieldDescriptor::CPPTYPE_STRING:
      return "a string";
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return absl::StrCat("a ", field->message_type()->name());
  }
  return "";
}

std::vector<std::string> NamesForConfig(absl::string_view category) {
  std::vector<std::string> names;
  for (const PluginInfo* plugin : PluginCatalog::Get().List(category)) {
    names.push_back(plugin->name);
  }
  for (std::string& preset : PresetNames(category)) names.push_back(std::move(preset));
  return names;
}

namespace {

// Sets a singular scalar, or adds to a list of scalars.
absl::Status PutScalar(Message* message, const FieldDescriptor* field, const std::string& value,
                       absl::string_view path) {
  std::string literal = value;
  const bool quoted = value.size() >= 2 && (value[0] == '"' || value[0] == '\'');
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING && !quoted) {
    literal = absl::StrCat("\"", absl::CEscape(value), "\"");
  }
  IgnoreErrors ignore;
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&ignore);
  if (parser.ParseFieldValueFromString(literal, field, message)) return absl::OkStatus();
  const bool is_enum = field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM;
  return ConfigError(absl::StrCat(path, " takes ", ExpectedText(field), ", not \"", value, "\"",
                                  is_enum ? DidYouMean(value, EnumNames(field)) : ""));
}

// Puts what `name` is called after into `any`: a plugin's defaults, else a preset.
absl::Status PutNamed(Any* any, const std::string& category, const std::string& name,
                      absl::string_view path) {
  if (const PluginInfo* plugin = PluginCatalog::Get().FindByName(category, name)) {
    any->PackFrom(*plugin->config_prototype);
    return absl::OkStatus();
  }
  const EmbeddedFile* preset = FindEmbeddedFile(absl::StrCat(category, "_preset"), name);
  if (preset != nullptr) {
    DFKD_ASSIGN_OR_RETURN(*any, FindPreset(category, name));
    return absl::OkStatus();
  }
  const std::vector<std::string> names = NamesForConfig(category);
  return ConfigError(absl::StrCat(
      path, ": there is no ", category, " \"", name, "\" among ",
      names.empty() ? "those linked (none)" : absl::StrJoin(names, ", "), DidYouMean(name, names)));
}

// Gives a whole message a value: {textproto}, or a name where it is, or stands for, a config.
absl::Status PutMessage(Message* message, const FieldDescriptor* field, const std::string& value,
                        absl::string_view path) {
  absl::string_view text = value;
  if (absl::ConsumePrefix(&text, "{") && absl::ConsumeSuffix(&text, "}")) {
    return ParseTextproto(text, path, message);
  }
  if (Any* any = DynamicCastToGenerated<Any>(message)) {
    return PutNamed(any, RuleOf(field).category(), value, path);
  }
  const FieldDescriptor* config = ConfigField(message->GetDescriptor());
  if (config == nullptr) {
    return ConfigError(absl::StrCat(path, " is a ", message->GetDescriptor()->name(), "; write ",
                                    path, "={...}, or name one of its fields"));
  }
  Any any;
  DFKD_RETURN_IF_ERROR(PutNamed(&any, RuleOf(config).category(), value, path));
  const FieldDescriptor* preset = PresetField(message->GetDescriptor());
  if (preset != nullptr) message->GetReflection()->ClearField(message, preset);
  message->GetReflection()->MutableMessage(message, config)->CopyFrom(any);
  return absl::OkStatus();
}

// Adds to a list.
absl::Status AddItem(Message* message, const FieldDescriptor* field, const std::string& value,
                     absl::string_view path) {
  if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    return PutScalar(message, field, value, path);
  }
  return PutMessage(message->GetReflection()->AddMessage(message, field), field, value, path);
}

}  // namespace

absl::Status PutField(Message* message, const FieldDescriptor* field, const std::string& value,
                      absl::string_view path) {
  const Reflection* reflection = message->GetReflection();
  if (value.empty()) {
    reflection->ClearField(message, field);
    return absl::OkStatus();
  }
  if (field->is_repeated()) {
    absl::string_view list = value;
    if (!absl::ConsumePrefix(&list, "[") || !absl::ConsumeSuffix(&list, "]")) {
      return ConfigError(absl::StrCat(path, " is a list; write ", path, "=[", value, "]"));
    }
    reflection->ClearField(message, field);
    for (const std::string& item : SplitList(list)) {
      DFKD_RETURN_IF_ERROR(AddItem(message, field, item, path));
    }
    return absl::OkStatus();
  }
  if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    return PutScalar(message, field, value, path);
  }
  return PutMessage(reflection->MutableMessage(message, field), field, value, path);
}

namespace {

void DropItem(Message* message, const FieldDescriptor* field, int index) {
  const Reflection* reflection = message->GetReflection();
  for (int i = index; i + 1 < reflection->FieldSize(*message, field); ++i) {
    reflection->SwapElements(message, field, i, i + 1);
  }
  reflection->RemoveLast(message, field);
}

}  // namespace

absl::Status PutItem(Message* message, const FieldDescriptor* field, int index,
                     const std::string& value, absl::string_view path) {
  const Reflection* reflection = message->GetReflection();
  if (value.empty()) {
    DropItem(message, field, index);
    return absl::OkStatus();
  }
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    return PutMessage(reflection->MutableRepeatedMessage(message, field, index), field, value,
                      path);
  }
  DFKD_RETURN_IF_ERROR(PutScalar(message, field, value, path));
  reflection->SwapElements(message, field, index, reflection->FieldSize(*message, field) - 1);
  reflection->RemoveLast(message, field);
  return absl::OkStatus();
}

absl::StatusOr<int> FindItem(const Message& message, const FieldDescriptor* field,
                             const std::string& item, absl::string_view path) {
  const Reflection* reflection = message.GetReflection();
  const int size = reflection->FieldSize(message, field);
  int index;
  if (absl::SimpleAtoi(item, &index)) {
    if (index >= 0 && index < size) return index;
    return ConfigError(absl::StrCat(path, " has ", size, " items; there is no [", item, "]"));
  }
  std::vector<std::string> names;
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    for (int i = 0; i < size; ++i) {
      names.push_back(ItemName(reflection->GetRepeatedMessage(message, field, i)));
    }
  }
  std::vector<int> found;
  for (int i = 0; i < static_cast<int>(names.size()); ++i) {
    if (names[i] == item) found.push_back(i);
  }
  if (found.size() == 1) return found[0];
  if (found.empty()) {
    return ConfigError(absl::StrCat(path, " has no item \"", item, "\" among ",
                                    names.empty() ? "none" : absl::StrJoin(names, ", "),
                                    DidYouMean(item, names)));
  }
  return ConfigError(
      absl::StrCat(path, " has ", found.size(), " items named \"", item,
                   "\"; use an index: ", absl::StrJoin(found, ", ", [](std::string* out, int i) {
                     absl::StrAppend(out, "[", i, "]");
                   })));
}

}  // namespace dfkd
