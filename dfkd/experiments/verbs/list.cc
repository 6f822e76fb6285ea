#include <iostream>

#include "absl/strings/str_cat.h"
#include "dfkd/core/plugin_docs.h"
#include "dfkd/core/status.h"
#include "dfkd/experiments/command_line.h"
#include "dfkd/experiments/verbs/shared_flags.h"
#include "gflags/gflags.h"

DEFINE_string(category, "", "only this category of plugins, such as loss");

namespace dfkd {
namespace {

absl::Status List(const Invocation&) {
  DFKD_ASSIGN_OR_RETURN(const std::string text, RenderPlugins(FLAGS_category, FLAGS_format));
  std::cout << text;
  return absl::OkStatus();
}

[[maybe_unused]] const bool added = AddVerb({
    .name = "list",
    .usage = "list",
    .summary =
        "Lists the plugins, presets and experiments in this program, with every field of theirs.",
    .details = "  dfkd list --category=loss\n  dfkd list --format=json",
    .flags = {"category", "format"},
    .flag_help = {{"format", "text, markdown or json"}},
    .run = List,
});

}  // namespace
}  // namespace dfkd
