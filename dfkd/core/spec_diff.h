// What differs between two specs.
#ifndef DFKD_CORE_SPEC_DIFF_H_
#define DFKD_CORE_SPEC_DIFF_H_

#include <string>
#include <vector>

#include "google/protobuf/message.h"

namespace dfkd {

// One line for each field that differs, in the order of the schema, with paths as --set takes them:
//   method.generator_steps: 30 -> 40
//   method.losses[bn_stat].weight: 1 -> absent
// Fields that only one side spells out, with the default's value, do not differ.
std::vector<std::string> DiffSpecs(const google::protobuf::Message& a,
                                   const google::protobuf::Message& b);

}  // namespace dfkd

#endif  // DFKD_CORE_SPEC_DIFF_H_
