// How the items of a list are called in paths: losses[bn_stat].
#ifndef DFKD_CORE_ITEM_NAME_H_
#define DFKD_CORE_ITEM_NAME_H_

#include <string>

#include "google/protobuf/any.pb.h"
#include "google/protobuf/message.h"

namespace dfkd {

// The short name of the plugin whose config `any` holds, or the type's name where none is linked.
std::string ConfigName(const google::protobuf::Any& any);

// The item's field `name` where it is set, else the ConfigName of its `config`, or of the item
// where it is itself an Any; "" for items without either.
std::string ItemName(const google::protobuf::Message& item);

}  // namespace dfkd

#endif  // DFKD_CORE_ITEM_NAME_H_
