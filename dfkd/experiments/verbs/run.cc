#include "dfkd/train/run.h"

#include <iostream>

#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/status.h"
#include "dfkd/core/stop.h"
#include "dfkd/experiments/command_line.h"
#include "dfkd/experiments/verbs/spec_flags.h"
#include "gflags/gflags.h"

DEFINE_string(output_dir, "", "the run's folder (default: runs/NAME where you stand)");
DEFINE_string(resume, "auto",
              "auto: go on with an unfinished run in the folder; never: begin it anew");

namespace dfkd {
namespace {

absl::Status Run(const Invocation& invocation) {
  if (FLAGS_resume != "auto" && FLAGS_resume != "never") {
    return ConfigError(absl::StrCat("--resume=", FLAGS_resume, "; must be auto or never"));
  }
  DFKD_ASSIGN_OR_RETURN(ResolvedSpec resolved, ResolveFromCommandLine(invocation));
  RunOptions options;
  options.output_dir =
      FLAGS_output_dir.empty() ? JoinPath("runs", resolved.name) : FLAGS_output_dir;
  options.spec = std::move(resolved);
  options.command = invocation.command;
  options.resume = FLAGS_resume == "auto";
  options.files = FileSystem::Posix();
  InstallStopHandlers();
  DFKD_ASSIGN_OR_RETURN(const RunSummary summary, RunExperiment(options));
  std::cout << DescribeRun(summary, options.output_dir);
  return absl::OkStatus();
}

std::vector<std::string> Flags() {
  std::vector<std::string> flags = {"output_dir", "resume"};
  for (std::string& flag : SpecFlags()) flags.push_back(std::move(flag));
  return flags;
}

[[maybe_unused]] const bool added = AddVerb({
    .name = "run",
    .usage = "run SPEC|NAME",
    .summary =
        "Runs an experiment: a path ending in .textproto or holding a slash, else a shipped name.",
    .details =
        "The folder then holds report.html (open it), summary.json, resolved.textproto, and for "
        "each stage "
        "metrics.csv, TensorBoard events, sample pictures and weights that PyTorch loads.\n\n"
        "Run again with the same folder: an unfinished run goes on where it was, a finished one "
        "prints its "
        "table; another experiment there is refused (exit 2).\n\n"
        "  dfkd run quickstart\n  dfkd run digits_nayer --seed=1 --set=method.generator_steps=20",
    .flags = Flags(),
    .min_arguments = 1,
    .max_arguments = 1,
    .takes_default_experiment = true,
    .run = Run,
});

}  // namespace
}  // namespace dfkd
