#include "dfkd/train/check.h"

#include <iostream>

#include "dfkd/core/device.h"
#include "dfkd/core/files.h"
#include "dfkd/core/status.h"
#include "dfkd/core/stop.h"
#include "dfkd/experiments/command_line.h"
#include "dfkd/experiments/verbs/spec_flags.h"
#include "dfkd/train/estimate.h"
#include "gflags/gflags.h"

DEFINE_bool(estimate, false,
            "runs a few steps of each stage and prints the hours of the whole run");

namespace dfkd {
namespace {

absl::Status Check(const Invocation& invocation) {
  DFKD_ASSIGN_OR_RETURN(const ResolvedSpec resolved, ResolveFromCommandLine(invocation));
  // Before models are measured: see OpenDevice.
  if (FLAGS_estimate) {
    DFKD_RETURN_IF_ERROR(OpenDevice(resolved.spec.train().device(), "train.device").status());
  }
  DFKD_ASSIGN_OR_RETURN(ExperimentCost cost, CheckExperiment(resolved.spec));
  if (!FLAGS_estimate) {
    std::cout << resolved.name << ": ok\n" << DescribeCost(cost);
    return absl::OkStatus();
  }
  InstallStopHandlers();
  DFKD_ASSIGN_OR_RETURN(const RunEstimate estimate,
                        EstimateRun(resolved, JoinPath("runs", resolved.name)));
  cost.peak_bytes = estimate.peak_bytes + cost.pool_bytes;
  cost.measured = true;
  std::cout << resolved.name << ": ok\n" << DescribeCost(cost) << DescribeEstimate(estimate);
  return absl::OkStatus();
}

std::vector<std::string> Flags() {
  std::vector<std::string> flags = {"estimate"};
  for (std::string& flag : SpecFlags()) flags.push_back(std::move(flag));
  return flags;
}

[[maybe_unused]] const bool added = AddVerb({
    .name = "check",
    .usage = "check SPEC|NAME",
    .summary = "Judges a spec without running it, and prints what the run would make and need.",
    .details =
        "Every field is checked, and that each part is given what it needs (a loss on BatchNorm "
        "statistics needs a teacher that has them). No weights, data or accelerator are "
        "touched.\n\n"
        "With --estimate they are: each stage is made as the run would make it, takes a dozen "
        "steps of each kind and a few batches of evaluation, and what they took is counted up to "
        "the whole. Memory is then measured, not estimated: this process's peak and the pool at "
        "its full size. Reading data, checkpoints and pictures are not in the sum. A teacher that "
        "another experiment makes is looked for in runs/, as `run` would; one that has yet to be "
        "trained is stood in for by random weights. Nothing is left on the disk.\n\n"
        "  dfkd check cifar10_nayer --estimate --threads=8",
    .flags = Flags(),
    .min_arguments = 1,
    .max_arguments = 1,
    .takes_default_experiment = true,
    .run = Check,
});

}  // namespace
}  // namespace dfkd
