// One check for every message, by what field_rule.proto says of its fields.
#ifndef DFKD_CORE_FIELD_CHECK_H_
#define DFKD_CORE_FIELD_CHECK_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/field_rule.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace dfkd {

// Every rule that `message` breaks, one line each, with the field's path:
//   losses.BnStatConfig.momentum is 1.5; must be in [0, 1)
// Goes into each message and each Any, whose config must be that of a linked plugin of the field's
// category and pass that plugin's Validate. `path` is where the message stands, "" for a whole
// spec.
std::vector<std::string> FieldViolations(const google::protobuf::Message& message,
                                         absl::string_view path);

// ConfigError with the first few of them, a line each.
absl::Status CheckFields(const google::protobuf::Message& message, absl::string_view path);
// The same for lines that were collected elsewhere; OK for none.
absl::Status ViolationsError(const std::vector<std::string>& violations);

// The line for one number (`index` -1: of a field that is no list; absent ones are read as their
// default), "" where it keeps its limits.
std::string NumberViolation(const google::protobuf::Message& message,
                            const google::protobuf::FieldDescriptor* field, int index,
                            absl::string_view path);
bool IsNumber(const google::protobuf::FieldDescriptor* field);

// Moves values of renamed fields to their new names, here and in all messages within, and says so
// in the log, as it does once for each deprecated field that is set. Both names set is an error.
absl::Status MoveRenamedFields(google::protobuf::Message* message, absl::string_view path);

// Sets every field that has an explicit default and is not set, here and in all messages within;
// members of a oneof and fields on their way out stay absent.
void SpellOutDefaults(google::protobuf::Message* message);

// "in [0, 1)", "at least 1", "less than 2"; "" for a rule without limits.
std::string RangeText(const FieldRule& rule);

}  // namespace dfkd

#endif  // DFKD_CORE_FIELD_CHECK_H_
