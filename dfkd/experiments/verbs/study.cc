#include <ATen/Parallel.h>

#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "dfkd/core/files.h"
#include "dfkd/core/status.h"
#include "dfkd/core/stop.h"
#include "dfkd/experiments/command_line.h"
#include "dfkd/experiments/verbs/spec_flags.h"
#include "dfkd/study/processes.h"
#include "dfkd/study/study_file.h"
#include "dfkd/study/study_runner.h"
#include "dfkd/study/study_tables.h"
#include "gflags/gflags.h"

DECLARE_string(output_dir);
DECLARE_bool(estimate);
DECLARE_int32(threads);

DEFINE_bool(dry_run, false, "judges every cell as `check` does, lists the runs, and ends");
DEFINE_string(cells, "", "runs only these cells of the study now: lte,z");
DEFINE_int32(parallel, 1, "runs at a time; the cores are shared out among them");
DEFINE_string(seeds, "", "in place of the study's seeds: 0,1,2");

namespace dfkd {
namespace {

absl::Status TakeSeeds(const std::string& text, Study* study) {
  study->clear_seed();
  for (absl::string_view word : absl::StrSplit(text, ',')) {
    uint64_t seed = 0;
    if (!absl::SimpleAtoi(word, &seed)) {
      return ConfigError(absl::StrCat("--seeds=", text, "; must be numbers with commas: 0,1,2"));
    }
    study->add_seed(seed);
  }
  // A floor that needs no five needs none that are not there.
  const std::set<uint64_t> left(study->seed().begin(), study->seed().end());
  for (StudyArm& arm : *study->mutable_arm()) {
    std::vector<uint64_t> kept;
    for (const uint64_t seed : arm.seed()) {
      if (left.contains(seed)) kept.push_back(seed);
    }
    if (!arm.seed().empty() && kept.empty()) kept.push_back(study->seed(0));
    arm.mutable_seed()->Assign(kept.begin(), kept.end());
  }
  return absl::OkStatus();
}

absl::StatusOr<StudyFile> StudyFromCommandLine(const Invocation& invocation) {
  DFKD_ASSIGN_OR_RETURN(StudyFile file, LoadStudy(invocation.arguments[0]));
  Study& study = file.study;
  if (!FLAGS_seeds.empty()) DFKD_RETURN_IF_ERROR(TakeSeeds(FLAGS_seeds, &study));
  for (const std::string& set : invocation.sets) study.add_set(set);
  for (const std::string& set : DeviceSets()) study.add_set(set);
  if (IsFlagSet("threads")) study.set_threads(FLAGS_threads);
  DFKD_RETURN_IF_ERROR(CheckStudy(study));
  return file;
}

absl::Status RunOrDescribe(const Invocation& invocation) {
  if (FLAGS_parallel < 1) {
    return ConfigError(absl::StrCat("--parallel=", FLAGS_parallel, "; must be at least 1"));
  }
  StudyOptions options;
  DFKD_ASSIGN_OR_RETURN(options.file, StudyFromCommandLine(invocation));
  options.output_dir =
      FLAGS_output_dir.empty() ? JoinPath("runs", options.file.name) : FLAGS_output_dir;
  options.command = invocation.command;
  options.program = ThisProgram();
  options.parallel = FLAGS_parallel;
  options.cores = at::get_num_threads();
  options.estimate = !IsFlagSet("estimate") || FLAGS_estimate;
  options.files = FileSystem::Posix();
  if (!FLAGS_cells.empty()) {
    options.cells = absl::StrSplit(FLAGS_cells, ',');
    DFKD_RETURN_IF_ERROR(CheckAreCells("--cells", options.cells, options.file.study));
  }
  options.print = [](absl::string_view text) { std::cout << text << std::endl; };
  if (FLAGS_dry_run) {
    DFKD_ASSIGN_OR_RETURN(const std::string text, CheckStudyCells(options));
    std::cout << text;
    return absl::OkStatus();
  }
  InstallStopHandlers();
  if (IsFlagSet("estimate") && FLAGS_estimate) {
    DFKD_ASSIGN_OR_RETURN(const std::string text, EstimateStudy(options));
    std::cout << text;
    return absl::OkStatus();
  }
  DFKD_ASSIGN_OR_RETURN(const StudyResults results, RunStudy(options));
  std::cout << DescribeStudy(results) << "\nreport: " << JoinPath(options.output_dir, "study.html")
            << "\n";
  return FailureOf(results);
}

[[maybe_unused]] const bool added = AddVerb({
    .name = "study",
    .usage = "study STUDY|NAME",
    .summary = "Runs a study: arms, factors and seeds, and rules that were fixed beforehand.",
    .details =
        "A path ending in .textproto or holding a slash, else a shipped name (`dfkd list "
        "--category=study`). Each run is a process of its own: one that fails or diverges is "
        "shown as failed, the others go on, and the study's exit code is then that of the first "
        "that failed. Before it starts it prints the hours that it will take; --estimate prints "
        "them and ends, --noestimate leaves them out.\n\n"
        "The folder then holds study.html (open it), study.md, study.csv (runs), study_table.csv "
        "(cells), study_rules.csv, study.textproto and each run's folder. Run again with the same "
        "folder: runs that are finished are not repeated, "
        "others go on where they were, and --seeds may ask for more. Rules, arms and settings stay "
        "as they were when it began. --cells runs some of its cells, as --dry_run names them, and "
        "leaves the others, and the rules about them, to a later call.\n\n"
        "  dfkd study e1_inputs --seeds=0,1,2 --parallel=2 --output_dir=runs/e1",
    .flags = {"output_dir", "estimate", "dry_run", "cells", "parallel", "seeds", "set", "device",
              "precision", "threads"},
    .flag_help =
        {{"output_dir", "the study's folder (default: runs/NAME where you stand)"},
         {"estimate", "prints the hours of what is left to run, and ends"},
         {"set",
          "changes one field of every run's spec, as for `run`, below what arms and factors "
          "set; repeatable"},
         {"threads", "of each run; 0: the cores over --parallel, as when it began"}},
    .min_arguments = 1,
    .max_arguments = 1,
    .run = RunOrDescribe,
});

}  // namespace
}  // namespace dfkd
