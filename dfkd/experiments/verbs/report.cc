#include <iostream>

#include "dfkd/core/files.h"
#include "dfkd/core/status.h"
#include "dfkd/experiments/command_line.h"
#include "dfkd/experiments/verbs/shared_flags.h"
#include "dfkd/train/run.h"

namespace dfkd {
namespace {

absl::Status Report(const Invocation& invocation) {
  const std::string path =
      FLAGS_output.empty() ? JoinPath(invocation.arguments[0], "report.html") : FLAGS_output;
  DFKD_ASSIGN_OR_RETURN(const std::string table,
                        WriteReport(FileSystem::Posix(), invocation.arguments, path));
  std::cout << table << "\nreport: " << path << "\n";
  return absl::OkStatus();
}

[[maybe_unused]] const bool added = AddVerb({
    .name = "report",
    .usage = "report RUN_DIR…",
    .summary = "Writes report.html from one run folder or several, and prints their table.",
    .details = "Runs of one experiment with different seeds are shown as mean and deviation:\n\n"
               "  dfkd report runs/seed0 runs/seed1 runs/seed2 --output=all.html",
    .flags = {"output"},
    .flag_help = {{"output", "where the report goes (default: report.html in the first folder)"}},
    .min_arguments = 1,
    .max_arguments = -1,
    .run = Report,
});

}  // namespace
}  // namespace dfkd
