#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "dfkd/core/files.h"
#include "dfkd/core/status.h"
#include "dfkd/experiments/command_line.h"
#include "dfkd/experiments/verbs/output_file.h"
#include "dfkd/experiments/verbs/run_argument.h"
#include "dfkd/experiments/verbs/shared_flags.h"
#include "dfkd/train/sample_run.h"
#include "gflags/gflags.h"

DEFINE_int32(count, 100, "images in all; each class gets as many as any other, or one more");
DEFINE_string(classes, "", "only these, by name, separated by commas (default: all)");

namespace dfkd {
namespace {

constexpr int kMostImages = 10000;

// The picture and the table beside it.
absl::Status CheckOutput(const std::string& output, const std::string& spec_file,
                         const Experiment& spec) {
  const std::vector<InputFile> inputs = {
      {"the run's spec", spec_file}, {"teacher.model.weights", spec.teacher().model().weights()}};
  DFKD_RETURN_IF_ERROR(CheckOutputFile(output, inputs));
  DFKD_ASSIGN_OR_RETURN(const std::string rows, SampleRowsPath(output));
  return CheckOutputFile(rows, inputs);
}

absl::Status Sample(const Invocation& invocation) {
  if (FLAGS_count < 1 || FLAGS_count > kMostImages) {
    return ConfigError(
        absl::StrCat("--count=", FLAGS_count, "; must be in [1, ", kMostImages, "]"));
  }
  SampleOptions options;
  DFKD_ASSIGN_OR_RETURN(RunArgument run, ReadRunArgument(invocation));
  options.run_dir = run.dir;
  options.seed = run.seed;
  options.spec = std::move(run.spec);
  options.count = FLAGS_count;
  options.classes = absl::StrSplit(FLAGS_classes, ',', absl::SkipEmpty());
  const std::string output = FLAGS_output.empty() ? "samples.png" : FLAGS_output;
  DFKD_RETURN_IF_ERROR(CheckOutput(output, run.spec_file, options.spec));
  DFKD_ASSIGN_OR_RETURN(const SampledImages samples, SampleRun(options));
  DFKD_ASSIGN_OR_RETURN(const std::string rows,
                        WriteSampleGrid(FileSystem::Posix(), samples, output));
  std::cout << samples.images.size(0) << " images after round " << samples.round << ", "
            << samples.source << "\npicture  " << output << "\nrows     " << rows << "\n";
  return absl::OkStatus();
}

[[maybe_unused]] const bool added = AddVerb({
    .name = "sample",
    .usage = "sample RUN_DIR",
    .summary = "Makes new images with a run's generator, as a picture with one class a row.",
    .details =
        "Takes the method in the state of the run's last checkpoint, also of a run that is not "
        "finished or is running; the folder is not changed. The teacher's weights must lie where "
        "the run found them. Where the method has no generator, the newest images of the run's "
        "pool are shown instead, and the output says so.\n\n"
        "--output is a PNG (samples.png where you stand by default); a CSV of the same name says "
        "which class each row shows, and replaces none that is not such a table. Equal --seed, "
        "equal images.\n\n"
        "  dfkd sample runs/digits_nayer --count=50 --output=grid.png\n"
        "  dfkd sample runs/my_teacher --classes=cat,dog --count=40 --seed=1",
    .flags = {"count", "output", "classes", "seed", "device", "precision", "threads"},
    .flag_help = {{"output", "the picture (default: samples.png where you stand)"}},
    .min_arguments = 1,
    .max_arguments = 1,
    .run = Sample,
});

}  // namespace
}  // namespace dfkd
