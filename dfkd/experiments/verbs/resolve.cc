#include <iostream>

#include "dfkd/core/status.h"
#include "dfkd/experiments/command_line.h"
#include "dfkd/experiments/verbs/spec_flags.h"

namespace dfkd {
namespace {

absl::Status Resolve(const Invocation& invocation) {
  DFKD_ASSIGN_OR_RETURN(const ResolvedSpec resolved, ResolveFromCommandLine(invocation));
  std::cout << resolved.ToFile();
  return absl::OkStatus();
}

[[maybe_unused]] const bool added = AddVerb({
    .name = "resolve",
    .usage = "resolve SPEC|NAME",
    .summary = "Prints a spec with all its layers merged and every default spelled out.",
    .details = "Layers, later ones win: field defaults, base files, the preset's overlay, the "
               "file, --set.\n\n"
               "  dfkd resolve digits_nayer --set=preset=paper",
    .flags = SpecFlags(),
    .min_arguments = 1,
    .max_arguments = 1,
    .takes_default_experiment = true,
    .run = Resolve,
});

}  // namespace
}  // namespace dfkd
