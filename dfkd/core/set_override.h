// --set: one field of a spec from the command line.
//
//   train.epochs=20                 a field; messages on the way are made where they are absent
//   method.generator_steps=5        the config in an Any is reached through it; its type may be
//                                   named, as errors do: method.NayerConfig.generator_steps=5
//   losses[bn_stat].weight=5        an item by the loss's name or short name; losses[0] by index
//   losses[bn_stat].momentum=0.9    what a LossSpec lacks is looked for in its config
//   encoder=one_hot                 a plugin's short name (its defaults), or a preset's name
//   data={source { ... }}           a message, or the config of an Any, as textproto
//   card.normalization.mean=[0, 1]  a list
//   losses[bn_stat]=                nothing: clears a field, drops an item
#ifndef DFKD_CORE_SET_OVERRIDE_H_
#define DFKD_CORE_SET_OVERRIDE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace dfkd {

// Applies `assignment` ("PATH=VALUE"). Errors begin with "--set ASSIGNMENT: " and leave `message`
// in an unspecified state.
absl::Status ApplySet(absl::string_view assignment, google::protobuf::Message* message);

// The same where path and value do not come from --set: errors begin with the field's path alone.
absl::Status SetField(absl::string_view path, absl::string_view value,
                      google::protobuf::Message* message);

// `text` as the value of a string field, whatever characters it begins with.
std::string TextValue(absl::string_view text);

}  // namespace dfkd

#endif  // DFKD_CORE_SET_OVERRIDE_H_
