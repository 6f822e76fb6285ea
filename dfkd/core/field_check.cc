#include "dfkd/core/field_check.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dfkd/core/any_config.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "google/protobuf/text_format.h"
#include "utf8proc.h"

namespace dfkd {
namespace {

using ::google::protobuf::Any;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;
using ::google::protobuf::TextFormat;

constexpr size_t kMaxReported = 5;

// As short as it can be read back exactly; whole numbers without an exponent.
std::string FormatNumber(double value) {
  if (std::abs(value) < 1e15 && value == std::trunc(value)) {
    return absl::StrCat(static_cast<int64_t>(value));
  }
  char buffer[32];
  return std::string(buffer, std::to_chars(buffer, buffer + sizeof(buffer), value).ptr);
}

bool IsUtf8(absl::string_view text) {
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  utf8proc_ssize_t left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t code_point;
    const utf8proc_ssize_t length = utf8proc_iterate(bytes, left, &code_point);
    if (length <= 0) return false;
    bytes += length;
    left -= length;
  }
  return true;
}

// Wide enough for every int64, uint64 and double.
long double NumberAt(const Message& message, const FieldDescriptor* field, int index) {
  const Reflection* r = message.GetReflection();
  const bool one = index < 0;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return one ? r->GetInt32(message, field) : r->GetRepeatedInt32(message, field, index);
    case FieldDescriptor::CPPTYPE_INT64:
      return one ? r->GetInt64(message, field) : r->GetRepeatedInt64(message, field, index);
    case FieldDescriptor::CPPTYPE_UINT32:
      return one ? r->GetUInt32(message, field) : r->GetRepeatedUInt32(message, field, index);
    case FieldDescriptor::CPPTYPE_UINT64:
      return one ? r->GetUInt64(message, field) : r->GetRepeatedUInt64(message, field, index);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return one ? r->GetFloat(message, field) : r->GetRepeatedFloat(message, field, index);
    default:
      return one ? r->GetDouble(message, field) : r->GetRepeatedDouble(message, field, index);
  }
}

class Checker {
 public:
  void CheckMessage(const Message& message, absl::string_view path) {
    CheckPresetOrConfig(message, path);
    const auto* type = message.GetDescriptor();
    for (int i = 0; i < type->field_count(); ++i) CheckField(message, type->field(i), path);
  }

  std::vector<std::string> Take() { return std::move(violations_); }

 private:
  template <typename... Parts>
  void Report(const Parts&... parts) {
    violations_.push_back(absl::StrCat(parts...));
  }

  void CheckField(const Message& message, const FieldDescriptor* field, absl::string_view base) {
    const FieldRule& rule = RuleOf(field);
    const Reflection* reflection = message.GetReflection();
    const std::string path = FieldPath(base, field->name());
    if (!field->is_repeated()) {
      if (reflection->HasField(message, field)) {
        CheckValue(message, field, -1, base);
      } else if (rule.required()) {
        Report(path, " is required", rule.has_help() ? absl::StrCat(": ", rule.help()) : "");
      }
      return;
    }
    const int size = reflection->FieldSize(message, field);
    const int least = rule.has_min_items() ? rule.min_items() : rule.required() ? 1 : 0;
    if (size < least) Report(path, " has ", size, " items; must have at least ", least);
    if (rule.has_max_items() && size > rule.max_items()) {
      Report(path, " has ", size, " items; must have at most ", rule.max_items());
    }
    for (int i = 0; i < size; ++i) CheckValue(message, field, i, base);
  }

  void CheckValue(const Message& message, const FieldDescriptor* field, int index,
                  absl::string_view base) {
    const std::string path = FieldPath(base, field, index);
    const Reflection* reflection = message.GetReflection();
    if (IsNumber(field)) {
      const std::string violation = NumberViolation(message, field, index, path);
      if (!violation.empty()) Report(violation);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      std::string scratch;
      const std::string& text =
          index < 0 ? reflection->GetStringReference(message, field, &scratch)
                    : reflection->GetRepeatedStringReference(message, field, index, &scratch);
      if (field->type() == FieldDescriptor::TYPE_STRING && !IsUtf8(text)) {
        Report(path, " is not valid UTF-8");
      }
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      const Message& child = index < 0 ? reflection->GetMessage(message, field)
                                       : reflection->GetRepeatedMessage(message, field, index);
      if (const Any* any = google::protobuf::DynamicCastToGenerated<Any>(&child)) {
        CheckConfig(*any, RuleOf(field).category(), path);
      } else {
        CheckMessage(child, path);
      }
    }
  }

  void CheckConfig(const Any& any, absl::string_view category, const std::string& path) {
    auto config = PluginCatalog::Get().Unpack(category, any, path);
    if (!config.ok()) {
      Report(config.status().message());
      return;
    }
    const std::string config_path = FieldPath(path, (*config)->GetDescriptor()->name());
    const size_t before = violations_.size();
    CheckMessage(**config, config_path);
    // A plugin may rely on its fields' rules.
    if (violations_.size() > before) return;
    const PluginInfo* plugin = PluginCatalog::Get().FindByType(AnyTypeName(any));
    const absl::Status status = plugin->validate(**config);
    if (!status.ok()) Report(config_path, ": ", status.message());
  }

  // For a message that stands for a config, such as ModelSpec.
  void CheckPresetOrConfig(const Message& message, absl::string_view path) {
    const FieldDescriptor* preset = PresetField(message.GetDescriptor());
    if (preset == nullptr) return;
    const Reflection* reflection = message.GetReflection();
    const FieldDescriptor* config = ConfigField(message.GetDescriptor());
    const bool has_preset = reflection->HasField(message, preset);
    if (has_preset == reflection->HasField(message, config)) {
      Report(path, ": exactly one of preset and config must be set; ",
             has_preset ? "both are" : "neither is");
    }
  }

  std::vector<std::string> violations_;
};

}  // namespace

bool IsNumber(const FieldDescriptor* field) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return true;
    default:
      return false;
  }
}

std::string NumberViolation(const Message& message, const FieldDescriptor* field, int index,
                            absl::string_view path) {
  const FieldRule& rule = RuleOf(field);
  const long double value = NumberAt(message, field, index);
  std::string text;
  TextFormat::PrintFieldValueToString(message, field, index, &text);
  if (!std::isfinite(value)) return absl::StrCat(path, " is ", text, "; must be a finite number");
  // 0.1 as a float lies above 0.1: a limit is rounded as the value was.
  const bool single = field->cpp_type() == FieldDescriptor::CPPTYPE_FLOAT;
  const long double min = single ? static_cast<float>(rule.min()) : rule.min();
  const long double max = single ? static_cast<float>(rule.max()) : rule.max();
  const bool low = rule.has_min() && (rule.exclusive_min() ? value <= min : value < min);
  const bool high = rule.has_max() && (rule.exclusive_max() ? value >= max : value > max);
  return low || high ? absl::StrCat(path, " is ", text, "; must be ", RangeText(rule)) : "";
}

std::vector<std::string> FieldViolations(const Message& message, absl::string_view path) {
  Checker checker;
  checker.CheckMessage(message, path);
  return checker.Take();
}

absl::Status ViolationsError(const std::vector<std::string>& violations) {
  if (violations.empty()) return absl::OkStatus();
  if (violations.size() <= kMaxReported) return ConfigError(absl::StrJoin(violations, "\n"));
  return ConfigError(
      absl::StrCat(absl::StrJoin(violations.begin(), violations.begin() + kMaxReported, "\n"),
                   "\nand ", violations.size() - kMaxReported, " more"));
}

absl::Status CheckFields(const Message& message, absl::string_view path) {
  return ViolationsError(FieldViolations(message, path));
}

std::string RangeText(const FieldRule& rule) {
  if (rule.has_min() && rule.has_max()) {
    return absl::StrCat("in ", rule.exclusive_min() ? "(" : "[", FormatNumber(rule.min()), ", ",
                        FormatNumber(rule.max()), rule.exclusive_max() ? ")" : "]");
  }
  if (rule.has_min()) {
    return absl::StrCat(rule.exclusive_min() ? "greater than " : "at least ",
                        FormatNumber(rule.min()));
  }
  if (rule.has_max()) {
    return absl::StrCat(rule.exclusive_max() ? "less than " : "at most ", FormatNumber(rule.max()));
  }
  return "";
}

}  // namespace dfkd
