#include "dfkd/core/any_config.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"

namespace dfkd {

using ::google::protobuf::Any;
using ::google::protobuf::Descriptor;
using ::google::protobuf::DescriptorPool;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::MessageFactory;
using ::google::protobuf::Reflection;

absl::string_view AnyTypeName(const Any& any) {
  absl::string_view url = any.type_url();
  return url.substr(url.rfind('/') + 1);
}

std::unique_ptr<Message> UnpackAny(const Any& any) {
  const Descriptor* type =
      DescriptorPool::generated_pool()->FindMessageTypeByName(std::string(AnyTypeName(any)));
  if (type == nullptr) return nullptr;
  std::unique_ptr<Message> message(MessageFactory::generated_factory()->GetPrototype(type)->New());
  if (!message->ParsePartialFromString(any.value())) return nullptr;
  return message;
}

bool IsAny(const FieldDescriptor* field) {
  return field->message_type() != nullptr && field->message_type() == Any::descriptor();
}

const FieldRule& RuleOf(const FieldDescriptor* field) {
  return field->options().GetExtension(rule);
}

const FieldDescriptor* ConfigField(const Descriptor* type) {
  const FieldDescriptor* field = type->FindFieldByName("config");
  if (field == nullptr || field->is_repeated() || !IsAny(field)) return nullptr;
  return RuleOf(field).has_category() ? field : nullptr;
}

const FieldDescriptor* PresetField(const Descriptor* type) {
  const FieldDescriptor* field = type->FindFieldByName("preset");
  if (field == nullptr || field->is_repeated() || ConfigField(type) == nullptr) return nullptr;
  return field->type() == FieldDescriptor::TYPE_STRING && RuleOf(field).has_category() ? field
                                                                                       : nullptr;
}

void ClearRivalField(Message* message, const FieldDescriptor* field) {
  const FieldDescriptor* preset = PresetField(message->GetDescriptor());
  if (preset == nullptr) return;
  const FieldDescriptor* config = ConfigField(message->GetDescriptor());
  if (field == preset) message->GetReflection()->ClearField(message, config);
  if (field == config) message->GetReflection()->ClearField(message, preset);
}

std::string FieldPath(absl::string_view base, absl::string_view name) {
  return base.empty() ? std::string(name) : absl::StrCat(base, ".", name);
}

std::string FieldPath(absl::string_view base, const FieldDescriptor* field, int index) {
  if (field == ConfigField(field->containing_type())) return std::string(base);
  std::string path = FieldPath(base, field->name());
  if (index >= 0) absl::StrAppend(&path, "[", index, "]");
  return path;
}

namespace {

absl::Status EditAny(Any* any, absl::string_view path, const MessageEdit& edit) {
  std::unique_ptr<Message> config = UnpackAny(*any);
  if (config == nullptr) return absl::OkStatus();
  DFKD_RETURN_IF_ERROR(
      EditEach(config.get(), FieldPath(path, config->GetDescriptor()->name()), edit));
  any->PackFrom(*config);
  return absl::OkStatus();
}

absl::Status EditChild(Message* child, absl::string_view path, const MessageEdit& edit) {
  if (Any* any = google::protobuf::DynamicCastToGenerated<Any>(child)) {
    return EditAny(any, path, edit);
  }
  return EditEach(child, path, edit);
}

}  // namespace

absl::Status EditEach(Message* message, absl::string_view path, const MessageEdit& edit) {
  DFKD_RETURN_IF_ERROR(edit(message, path));
  const Reflection* reflection = message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      DFKD_RETURN_IF_ERROR(
          EditChild(reflection->MutableMessage(message, field), FieldPath(path, field), edit));
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
      DFKD_RETURN_IF_ERROR(EditChild(reflection->MutableRepeatedMessage(message, field, i),
                                     FieldPath(path, field, i), edit));
    }
  }
  return absl::OkStatus();
}

}  // namespace dfkd
