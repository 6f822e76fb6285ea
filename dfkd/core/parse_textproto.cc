#include "dfkd/core/parse_textproto.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "dfkd/core/any_config.h"
#include "dfkd/core/edit_distance.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/core/text_position.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"

namespace dfkd {
namespace {

using ::google::protobuf::Any;
using ::google::protobuf::Descriptor;
using ::google::protobuf::DescriptorPool;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::TextFormat;

constexpr int kMaxNesting = 64;
constexpr char kTypePrefix[] = "type.googleapis.com/";

// Only configs of linked plugins may stand in an Any. Also what bounds the parser's recursion,
// which does not count an Any inside an Any.
class PluginFinder : public TextFormat::Finder {
 public:
  const Descriptor* FindAnyType(const Message&, const std::string& prefix,
                                const std::string& name) const override {
    if (prefix != kTypePrefix) return nullptr;
    const PluginInfo* plugin = PluginCatalog::Get().FindByType(name);
    return plugin == nullptr ? nullptr : plugin->config_prototype->GetDescriptor();
  }
};

struct ParseError {
  int line = -1;  // from 0; -1: none yet
  int column = 0;
  std::string message;
};

// Keeps the first error.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (!found_) error_ = {line, column, message};
    found_ = true;
  }
  void AddWarning(int, int, const std::string&) override {}
  const ParseError& error() const { return error_; }

 private:
  bool found_ = false;
  ParseError error_;
};

std::string UnknownField(const Descriptor* type, const std::string& field,
                         const TextPosition& position) {
  if (type == Any::descriptor()) {
    const std::string category =
        position.holder == nullptr ? "" : RuleOf(position.holder).category();
    std::vector<std::string> types;
    for (const PluginInfo* plugin : PluginCatalog::Get().List(category)) {
      types.push_back(plugin->type_name());
    }
    return absl::StrCat("\"", field, "\" cannot stand here: write [", kTypePrefix,
                        "TYPE] { ... } with TYPE one of ", absl::StrJoin(types, ", "));
  }
  std::vector<std::string> names;
  for (int i = 0; i < type->field_count(); ++i) names.push_back(type->field(i)->name());
  return absl::StrCat(type->name(), " has no field \"", field, "\"", DidYouMean(field, names));
}

std::string UnknownType(const std::string& url, const TextPosition& position) {
  absl::string_view type = url;
  if (!absl::ConsumePrefix(&type, kTypePrefix)) {
    return absl::StrCat("\"", url, "\" must begin with ", kTypePrefix);
  }
  const std::string category = position.holder == nullptr ? "" : RuleOf(position.holder).category();
  return std::string(PluginCatalog::Get().NotLinked(category, type).message());
}

std::string UnknownValue(const std::string& value, const TextPosition& position) {
  const FieldDescriptor* field =
      position.message == nullptr ? nullptr : position.message->FindFieldByName(position.name);
  std::vector<std::string> names;
  if (field != nullptr && field->enum_type() != nullptr) {
    for (int i = 0; i < field->enum_type()->value_count(); ++i) {
      names.push_back(field->enum_type()->value(i)->name());
    }
  }
  return absl::StrCat(position.name, " has no value \"", value, "\" among ",
                      absl::StrJoin(names, ", "), DidYouMean(value, names));
}

// The parser's message in our words. `quoted` are the parts of it that stood in quotes.
std::string Translate(const ParseError& error, const std::vector<std::string>& quoted,
                      const TextPosition& position) {
  const std::string& text = error.message;
  if (absl::StartsWith(text, "Message type ") && quoted.size() == 2) {
    const Descriptor* type = DescriptorPool::generated_pool()->FindMessageTypeByName(quoted[0]);
    if (type != nullptr) return UnknownField(type, quoted[1], position);
  }
  if (absl::StartsWith(text, "Could not find type ")) return UnknownType(quoted[0], position);
  if (absl::StartsWith(text, "Unknown enumeration value "))
    return UnknownValue(quoted[0], position);
  if (absl::EndsWith(text, "specified multiple times.")) {
    return absl::StrCat(quoted.empty() ? "the config" : quoted[0], " is set twice");
  }
  const bool config_in_holder = text == "Expected \"]\", found \"/\"." &&
                                position.message != nullptr &&
                                ConfigField(position.message) != nullptr;
  if (config_in_holder) {
    return absl::StrCat("a ", position.message->name(),
                        " takes a config as config { [type.googleapis.com/TYPE] { ... } }");
  }
  return std::string(absl::StripSuffix(text, "."));
}

absl::Status Explain(const ParseError& error, absl::string_view text, absl::string_view where,
                     const Descriptor* root) {
  if (error.line < 0) return ConfigError(absl::StrCat(where, ": ", error.message));
  std::vector<std::string> quoted;
  const std::vector<std::string> parts = absl::StrSplit(error.message, '"');
  for (size_t i = 1; i + 1 < parts.size(); i += 2) quoted.push_back(parts[i]);

  const TextPosition position = LocateInText(text, root, error.line, error.column);
  // The parser stands behind the name that it complains of.
  const bool about_name =
      (!quoted.empty() && quoted.back() == position.name) || absl::StartsWith(position.name, "[");
  const int line = about_name ? position.line : error.line;
  const int column = about_name ? position.column : error.column;
  return ConfigError(absl::StrCat(where, ":", line + 1, ":", column + 1, ": ",
                                  Translate(error, quoted, position)));
}

TextFormat::Printer MakePrinter() {
  TextFormat::Printer printer;
  printer.SetExpandAny(true);
  printer.SetUseShortRepeatedPrimitives(true);
  printer.SetUseUtf8StringEscaping(true);
  return printer;
}

}  // namespace

absl::Status ParseTextproto(absl::string_view text, absl::string_view where, Message* message) {
  if (text.size() > kMaxTextprotoBytes) {
    return ConfigError(
        absl::StrCat(where, ": is ", text.size(), " bytes; must be at most ", kMaxTextprotoBytes));
  }
  FirstError errors;
  const PluginFinder finder;
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  parser.SetFinder(&finder);
  parser.SetRecursionLimit(kMaxNesting);
  if (parser.ParseFromString(std::string(text), message)) return absl::OkStatus();
  return Explain(errors.error(), text, where, message->GetDescriptor());
}

std::string PrintTextproto(const Message& message) {
  std::string text;
  MakePrinter().PrintToString(message, &text);
  return text;
}

std::string PrintTextprotoLine(const Message& message) {
  TextFormat::Printer printer = MakePrinter();
  printer.SetSingleLineMode(true);
  std::string text;
  printer.PrintToString(message, &text);
  return std::string(absl::StripSuffix(text, " "));
}

}  // namespace dfkd
