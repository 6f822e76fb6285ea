// Text of files from strangers, for a terminal.
#ifndef DFKD_INSPECT_VISIBLE_TEXT_H_
#define DFKD_INSPECT_VISIBLE_TEXT_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace dfkd {

// `text` with whatever could move the cursor, change colours or reorder what is read escaped as
// \xNN: control and format characters, line and paragraph separators, and all that is not UTF-8.
// What is longer than `limit` bytes is cut, and its length told.
std::string VisibleText(absl::string_view text, size_t limit = 200);

}  // namespace dfkd

#endif  // DFKD_INSPECT_VISIBLE_TEXT_H_
