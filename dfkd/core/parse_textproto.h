// Textprotos in and out. Files come from strangers: 1 MiB and a nesting of 64 at most; an unknown
// field, or one that is set twice, is an error.
#ifndef DFKD_CORE_PARSE_TEXTPROTO_H_
#define DFKD_CORE_PARSE_TEXTPROTO_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace dfkd {

inline constexpr size_t kMaxTextprotoBytes = size_t{1} << 20;

// Replaces `message`. `where` is the file's name, for messages such as
//   my.textproto:12:3: TrainSpec has no field "epoch"; did you mean "epochs"?
// A google.protobuf.Any holds configs of linked plugins only.
absl::Status ParseTextproto(absl::string_view text, absl::string_view where,
                            google::protobuf::Message* message);

// Canonical: fields by number, configs in an Any spelled out, numbers as short as they can be read
// back exactly. Equal messages give equal text.
std::string PrintTextproto(const google::protobuf::Message& message);
// The same on one line, without a line feed.
std::string PrintTextprotoLine(const google::protobuf::Message& message);

}  // namespace dfkd

#endif  // DFKD_CORE_PARSE_TEXTPROTO_H_
