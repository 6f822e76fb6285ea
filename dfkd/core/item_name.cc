#include "dfkd/core/item_name.h"

#include <string>

#include "dfkd/core/any_config.h"
#include "dfkd/core/registry.h"

namespace dfkd {

using ::google::protobuf::Any;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

std::string ConfigName(const Any& any) {
  const PluginInfo* plugin = PluginCatalog::Get().FindByType(AnyTypeName(any));
  return plugin == nullptr ? std::string(AnyTypeName(any)) : plugin->name;
}

std::string ItemName(const Message& item) {
  if (const Any* any = google::protobuf::DynamicCastToGenerated<Any>(&item)) {
    return ConfigName(*any);
  }
  const FieldDescriptor* name = item.GetDescriptor()->FindFieldByName("name");
  if (name != nullptr && name->type() == FieldDescriptor::TYPE_STRING && !name->is_repeated() &&
      item.GetReflection()->HasField(item, name)) {
    return item.GetReflection()->GetString(item, name);
  }
  const FieldDescriptor* config = ConfigField(item.GetDescriptor());
  if (config == nullptr || !item.GetReflection()->HasField(item, config)) return "";
  return ItemName(item.GetReflection()->GetMessage(item, config));
}

}  // namespace dfkd
