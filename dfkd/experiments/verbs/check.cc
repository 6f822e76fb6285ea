#include "dfkd/train/check.h"

#include <iostream>

#include "dfkd/core/status.h"
#include "dfkd/experiments/command_line.h"
#include "dfkd/experiments/verbs/spec_flags.h"

namespace dfkd {
namespace {

absl::Status Check(const Invocation& invocation) {
  DFKD_ASSIGN_OR_RETURN(const ResolvedSpec resolved, ResolveFromCommandLine(invocation));
  DFKD_ASSIGN_OR_RETURN(const ExperimentCost cost, CheckExperiment(resolved.spec));
  std::cout << resolved.name << ": ok\n" << DescribeCost(cost);
  return absl::OkStatus();
}

[[maybe_unused]] const bool added = AddVerb({
    .name = "check",
    .usage = "check SPEC|NAME",
    .summary = "Judges a spec without running it, and prints what the run would make and need.",
    .details = "Every field is checked, and that each part is given what it needs (a loss on "
               "BatchNorm statistics "
               "needs a teacher that has them). No weights, data or accelerator are touched.",
    .flags = SpecFlags(),
    .min_arguments = 1,
    .max_arguments = 1,
    .takes_default_experiment = true,
    .run = Check,
});

}  // namespace
}  // namespace dfkd
