// The right-hand side of --set (set_override.h): a value as typed, put where it belongs.
#ifndef DFKD_CORE_SET_VALUE_H_
#define DFKD_CORE_SET_VALUE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace dfkd {

// message.field=value. `path` is where the field stands, for messages.
absl::Status PutField(google::protobuf::Message* message,
                      const google::protobuf::FieldDescriptor* field, const std::string& value,
                      absl::string_view path);

// message.field[index]=value.
absl::Status PutItem(google::protobuf::Message* message,
                     const google::protobuf::FieldDescriptor* field, int index,
                     const std::string& value, absl::string_view path);

// The index of an item of a list, by name (item_name.h) or by number.
absl::StatusOr<int> FindItem(const google::protobuf::Message& message,
                             const google::protobuf::FieldDescriptor* field,
                             const std::string& item, absl::string_view path);

// What a config of `category` can be set to: short names of plugins, then of presets.
std::vector<std::string> NamesForConfig(absl::string_view category);

// "an integer", for messages.
std::string ExpectedText(const google::protobuf::FieldDescriptor* field);

}  // namespace dfkd

#endif  // DFKD_CORE_SET_VALUE_H_
