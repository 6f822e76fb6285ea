// One kit of rules for everything that is registered, so that no plugin has to be remembered by a
// test: linking a plugin is enough.
//
//   TEST(LossesTest, EveryPluginConforms) {
//     EXPECT_THAT(FindConformanceViolations("loss"), ::testing::IsEmpty());
//   }
#ifndef DFKD_CORE_CONFORMANCE_H_
#define DFKD_CORE_CONFORMANCE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "dfkd/core/registry.h"
#include "google/protobuf/descriptor.h"

namespace dfkd {

// Every rule that a linked plugin or preset of `category` ("": of any) breaks, one line each:
//   - a plugin has help, and an example that parses and passes the check (with whatever other
//     plugins and presets it names linked as well);
//   - each field has help, a default within its limits, a category where it is an Any, and a new
//     name that exists where it was renamed;
//   - a config type is called after its file: bn_stat.cc has BnStatConfig;
//   - a preset begins with a comment, parses, passes the check, and is not called as a plugin is.
std::vector<std::string> FindConformanceViolations(absl::string_view category = "");

// The rules for one plugin, and for the fields of one message.
std::vector<std::string> PluginViolations(const PluginInfo& plugin);
std::vector<std::string> SchemaViolations(const google::protobuf::Descriptor* type);

}  // namespace dfkd

#endif  // DFKD_CORE_CONFORMANCE_H_
