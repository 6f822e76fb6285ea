// How one layer of a spec is laid over another.
//
//   - A field that the overlay sets wins; messages merge field by field.
//   - A google.protobuf.Any merges where both sides hold the same type, else it is replaced.
//   - `preset` and `config` of one message stand for the same thing: setting one clears the other.
//   - Lists are replaced, except lists of LossSpec: an item that has a name merges with the item of
//     that name, one without a name with the only item of its type; others are appended.
#ifndef DFKD_CORE_SPEC_MERGE_H_
#define DFKD_CORE_SPEC_MERGE_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace dfkd {

// Lays `overlay` over `base`, two messages of one type. `path` is where they stand, for messages.
absl::Status MergeSpec(const google::protobuf::Message& overlay, google::protobuf::Message* base,
                       absl::string_view path = "");

}  // namespace dfkd

#endif  // DFKD_CORE_SPEC_MERGE_H_
