// Configs inside google.protobuf.Any, and the paths that name fields inside them.
//
// In a path an Any is named by the type that it holds: "method.NayerConfig.batch_size". A field
// named `config` is left out, as a message that has one stands for it: "losses[1].BnStatConfig".
#ifndef DFKD_CORE_ANY_CONFIG_H_
#define DFKD_CORE_ANY_CONFIG_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/field_rule.pb.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace dfkd {

// "type.googleapis.com/dfkd.BnStatConfig" -> "dfkd.BnStatConfig"
absl::string_view AnyTypeName(const google::protobuf::Any& any);

// What `any` holds; null where its type is not linked or its bytes are not of that type.
std::unique_ptr<google::protobuf::Message> UnpackAny(const google::protobuf::Any& any);

bool IsAny(const google::protobuf::FieldDescriptor* field);

// A field's (rule); empty where it has none.
const FieldRule& RuleOf(const google::protobuf::FieldDescriptor* field);

// The `config` field of a message that stands for one, such as LossSpec; null for others.
const google::protobuf::FieldDescriptor* ConfigField(const google::protobuf::Descriptor* type);
// The `preset` field beside it, as in ModelSpec; null where there is none.
const google::protobuf::FieldDescriptor* PresetField(const google::protobuf::Descriptor* type);

// Before one of `preset` and `config` is set: clears the other, as both stand for the same thing.
// Does nothing for other fields.
void ClearRivalField(google::protobuf::Message* message,
                     const google::protobuf::FieldDescriptor* field);

// "method" and "epochs" -> "method.epochs"; no dot after nothing.
std::string FieldPath(absl::string_view base, absl::string_view name);
// The same for a field of the schema, and its item `index` (-1: none).
std::string FieldPath(absl::string_view base, const google::protobuf::FieldDescriptor* field,
                      int index = -1);

// Calls `edit` on `message` and then on each message in it, those packed in an Any included. An
// Any that cannot be unpacked is passed by. The first error ends the walk.
using MessageEdit = std::function<absl::Status(google::protobuf::Message*, absl::string_view path)>;
absl::Status EditEach(google::protobuf::Message* message, absl::string_view path,
                      const MessageEdit& edit);

}  // namespace dfkd

#endif  // DFKD_CORE_ANY_CONFIG_H_
