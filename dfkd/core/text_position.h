// Where in a textproto a position lies: which field, of which message. The parser of protobuf tells
// neither, and messages for people need both.
#ifndef DFKD_CORE_TEXT_POSITION_H_
#define DFKD_CORE_TEXT_POSITION_H_

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace dfkd {

struct TextPosition {
  // The message type whose fields stand at the position; null where the text names unknown ones.
  const google::protobuf::Descriptor* message = nullptr;
  // The field that holds this message; null at the top.
  const google::protobuf::FieldDescriptor* holder = nullptr;
  // The last name before the position, a field's or "[type.googleapis.com/…]", and its place.
  std::string name;
  int line = 0;
  int column = 0;
};

// Reads `text`, a textproto of type `root`, up to (line, column), both from 0.
TextPosition LocateInText(absl::string_view text, const google::protobuf::Descriptor* root,
                          int line, int column);

}  // namespace dfkd

#endif  // DFKD_CORE_TEXT_POSITION_H_
