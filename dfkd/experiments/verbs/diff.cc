#include <iostream>
#include <string>
#include <vector>

#include "dfkd/core/resolve.h"
#include "dfkd/core/spec_diff.h"
#include "dfkd/core/status.h"
#include "dfkd/experiments/command_line.h"

namespace dfkd {
namespace {

absl::Status Diff(const Invocation& invocation) {
  DFKD_ASSIGN_OR_RETURN(const ResolvedSpec a, ResolveSpec(invocation.arguments[0]));
  DFKD_ASSIGN_OR_RETURN(const ResolvedSpec b,
                        ResolveSpec(invocation.arguments[1], invocation.sets));
  const std::vector<std::string> lines = DiffSpecs(a.spec, b.spec);
  for (const std::string& line : lines) std::cout << line << "\n";
  if (lines.empty()) std::cout << "the resolved specs are equal\n";
  return absl::OkStatus();
}

[[maybe_unused]] const bool added = AddVerb({
    .name = "diff",
    .usage = "diff A B",
    .summary = "Prints the fields in which two resolved specs differ, one a line.",
    .details = "--set applies to B, so that one spec can be compared with a change of it:\n\n"
               "  dfkd diff digits_nayer digits_nayer --set=preset=paper",
    .flags = {"set"},
    .min_arguments = 2,
    .max_arguments = 2,
    .run = Diff,
});

}  // namespace
}  // namespace dfkd
