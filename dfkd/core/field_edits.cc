// The part of field_check.h that changes messages.
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "dfkd/core/any_config.h"
#include "dfkd/core/field_check.h"
#include "dfkd/core/status.h"
#include "glog/logging.h"
#include "google/protobuf/unknown_field_set.h"

namespace dfkd {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;
using ::google::protobuf::UnknownField;
using ::google::protobuf::UnknownFieldSet;

bool IsSet(const Message& message, const FieldDescriptor* field) {
  const Reflection* reflection = message.GetReflection();
  return field->is_repeated() ? reflection->FieldSize(message, field) > 0
                              : reflection->HasField(message, field);
}

// Configs are checked more than once in a run; people are told once.
void WarnOnce(const std::string& text) {
  static auto* mutex = new std::mutex();
  static auto* told = new std::set<std::string>();
  std::lock_guard<std::mutex> lock(*mutex);
  if (told->insert(text).second) LOG(WARNING) << text;
}

// Moves by way of the wire format, which knows fields by number alone: the types of the two need
// only be as alike there as protobuf allows a field to change (int32 to int64, for one).
void MoveValue(Message* message, const FieldDescriptor* from, const FieldDescriptor* to) {
  std::unique_ptr<Message> moved(message->New());
  message->GetReflection()->SwapFields(message, moved.get(), {from});
  UnknownFieldSet before, after;
  CHECK(before.ParseFromString(moved->SerializePartialAsString()));
  for (int i = 0; i < before.field_count(); ++i) {
    const UnknownField& field = before.field(i);
    switch (field.type()) {
      case UnknownField::TYPE_VARINT:
        after.AddVarint(to->number(), field.varint());
        break;
      case UnknownField::TYPE_FIXED32:
        after.AddFixed32(to->number(), field.fixed32());
        break;
      case UnknownField::TYPE_FIXED64:
        after.AddFixed64(to->number(), field.fixed64());
        break;
      case UnknownField::TYPE_LENGTH_DELIMITED:
        after.AddLengthDelimited(to->number(), field.length_delimited());
        break;
      case UnknownField::TYPE_GROUP:
        LOG(FATAL) << from->full_name() << ": groups are not used";
    }
  }
  std::string bytes;
  CHECK(after.SerializeToString(&bytes) && moved->ParsePartialFromString(bytes));
  message->MergeFrom(*moved);
}

absl::Status MoveRenamedHere(Message* message, absl::string_view path) {
  const auto* type = message->GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    const FieldRule& rule = RuleOf(field);
    if (!IsSet(*message, field)) continue;
    if (rule.has_renamed_to()) {
      const FieldDescriptor* target = type->FindFieldByName(rule.renamed_to());
      CHECK(target != nullptr) << field->full_name() << " is renamed to a field that is not there";
      if (IsSet(*message, target)) {
        return ConfigError(absl::StrCat(FieldPath(path, field->name()), " and ", target->name(),
                                        " are both set; the first is the old name of the second"));
      }
      WarnOnce(absl::StrCat(FieldPath(path, field->name()), " is now called ", target->name()));
      MoveValue(message, field, target);
    } else if (rule.status() == FieldRule::DEPRECATED) {
      WarnOnce(absl::StrCat(FieldPath(path, field->name()), " is deprecated",
                            rule.has_help() ? absl::StrCat(": ", rule.help()) : ""));
    }
  }
  return absl::OkStatus();
}

void SetToDefault(Message* message, const FieldDescriptor* field) {
  const Reflection* r = message->GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      r->SetInt32(message, field, field->default_value_int32());
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      r->SetInt64(message, field, field->default_value_int64());
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      r->SetUInt32(message, field, field->default_value_uint32());
      break;
    case FieldDescriptor::CPPTYPE_UINT64:
      r->SetUInt64(message, field, field->default_value_uint64());
      break;
    case FieldDescriptor::CPPTYPE_FLOAT:
      r->SetFloat(message, field, field->default_value_float());
      break;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      r->SetDouble(message, field, field->default_value_double());
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      r->SetBool(message, field, field->default_value_bool());
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      r->SetEnum(message, field, field->default_value_enum());
      break;
    case FieldDescriptor::CPPTYPE_STRING:
      r->SetString(message, field, field->default_value_string());
      break;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      LOG(FATAL) << field->full_name() << " has no default";
  }
}

}  // namespace

absl::Status MoveRenamedFields(Message* message, absl::string_view path) {
  return EditEach(message, path, MoveRenamedHere);
}

void SpellOutDefaults(Message* message) {
  const absl::Status status = EditEach(message, "", [](Message* m, absl::string_view) {
    const auto* type = m->GetDescriptor();
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor* field = type->field(i);
      const FieldRule& rule = RuleOf(field);
      const bool leaving = rule.has_renamed_to() || rule.status() == FieldRule::DEPRECATED;
      if (field->has_default_value() && !leaving && field->containing_oneof() == nullptr &&
          !IsSet(*m, field)) {
        SetToDefault(m, field);
      }
    }
    return absl::OkStatus();
  });
  CHECK(status.ok()) << status;
}

}  // namespace dfkd
