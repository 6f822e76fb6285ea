#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "dfkd/core/files.h"
#include "dfkd/core/status.h"
#include "dfkd/experiments/command_line.h"
#include "dfkd/experiments/init_spec.h"
#include "dfkd/experiments/verbs/shared_flags.h"
#include "gflags/gflags.h"

DEFINE_int32(image_size, 0, "height and width of its inputs in pixels");
DEFINE_string(mean, "", "of its inputs, images in [0, 1]: a number per channel, with commas");
DEFINE_string(std, "", "deviation of its inputs: a number per channel, with commas");
DEFINE_string(student, "", "preset of the student (default: a smaller one of the teacher's kind)");

namespace dfkd {
namespace {

absl::StatusOr<std::vector<double>> Numbers(const std::string& text, const char* flag) {
  std::vector<double> numbers;
  for (absl::string_view word : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    double number = 0;
    if (!absl::SimpleAtod(word, &number)) {
      return ConfigError(absl::StrCat(flag, "=", text, "; must be numbers with commas between"));
    }
    numbers.push_back(number);
  }
  return numbers;
}

absl::Status Init(const Invocation&) {
  if (FLAGS_model.empty() || FLAGS_weights.empty()) {
    return ConfigError(absl::StrCat("`init` needs --model and --weights; see `init --help`"));
  }
  if (FLAGS_image_size < 0 || FLAGS_image_size > 4096) {
    return ConfigError(absl::StrCat("--image_size=", FLAGS_image_size, "; must be in [1, 4096]"));
  }
  InitOptions options;
  options.model = FLAGS_model;
  options.weights = FLAGS_weights;
  options.labels = FLAGS_labels;
  options.image_size = FLAGS_image_size;
  DFKD_ASSIGN_OR_RETURN(options.mean, Numbers(FLAGS_mean, "--mean"));
  DFKD_ASSIGN_OR_RETURN(options.std, Numbers(FLAGS_std, "--std"));
  options.student = FLAGS_student;
  const std::string output = FLAGS_output.empty() ? "spec.textproto" : FLAGS_output;
  DFKD_RETURN_IF_ERROR(WriteInitSpec(FileSystem::Posix(), options, output));
  std::cout << output << " is written and passes the check. Next:\n  dfkd check " << output
            << " --estimate\n  dfkd run " << output << "\n";
  return absl::OkStatus();
}

[[maybe_unused]] const bool added = AddVerb({
    .name = "init",
    .usage = "init",
    .summary = "Writes a commented spec for a teacher of your own, without data.",
    .details =
        "--model and --weights are always needed; --labels, --image_size, --mean and --std unless "
        "the weight file carries a card, as those that dfkd writes do. The weights are loaded, so "
        "that names, shapes and the number of classes are known to fit before a spec is "
        "written.\n\n"
        "Batch sizes, steps, learning rate and generator are those that NAYER's paper and code "
        "have "
        "for images of about that size and as many classes; a comment beside each says so. The "
        "file "
        "has passed `check`. --output is spec.textproto by default; a file that is there already "
        "is "
        "left alone.\n\n"
        "  dfkd init --model=wrn40_2 --weights=teacher.pth --labels=classes.txt --image_size=32 "
        "\\\n"
        "    --mean=0.4914,0.4822,0.4465 --std=0.2023,0.1994,0.2010 --output=my_teacher.textproto",
    .flags = {"model", "weights", "labels", "image_size", "mean", "std", "student", "output"},
    .flag_help = {{"model", "architecture of the teacher: a preset's or a plugin's name"},
                  {"output", "the spec to write (default: spec.textproto)"}},
    .run = Init,
});

}  // namespace
}  // namespace dfkd
