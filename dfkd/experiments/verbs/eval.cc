#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "dfkd/core/set_override.h"
#include "dfkd/core/status.h"
#include "dfkd/experiments/command_line.h"
#include "dfkd/experiments/verbs/compute_flags.h"
#include "dfkd/experiments/verbs/image_progress.h"
#include "dfkd/experiments/verbs/shared_flags.h"
#include "dfkd/inference/measure.h"
#include "dfkd/inference/run_model.h"
#include "dfkd/inference/subject.h"
#include "dfkd/report/format.h"
#include "gflags/gflags.h"

DEFINE_string(run, "", "a run's folder: its network, weights and data");
DEFINE_string(stage, "student", "of --run: student, teacher or a floor's name");
DEFINE_string(which, "last", "weights of --run: last, or best where the run kept them");
DEFINE_string(data, "", "WHAT[:SPLIT]");

namespace dfkd {
namespace {

absl::Status CheckFlags() {
  if (FLAGS_run.empty() == FLAGS_model.empty()) {
    return ConfigError("eval needs --model=NAME, or --run=DIR in its place");
  }
  if (FLAGS_run.empty() && FLAGS_weights.empty()) {
    return ConfigError("eval needs --weights=FILE, the weights of --model");
  }
  if (FLAGS_run.empty() && (FLAGS_stage != "student" || FLAGS_which != "last")) {
    return ConfigError("--stage and --which choose among the networks of --run=DIR");
  }
  if (!FLAGS_weights.empty() && FLAGS_which != "last") {
    return ConfigError("--which chooses among the weights of --run; with --weights leave it out");
  }
  if (FLAGS_format != "text" && FLAGS_format != "json") {
    return ConfigError(absl::StrCat("--format=", FLAGS_format, "; must be text or json"));
  }
  return absl::OkStatus();
}

// What the flags name, before --set.
absl::StatusOr<RunModel> SubjectFromFlags(const std::string& data) {
  RunModel found;
  if (FLAGS_run.empty()) {
    DFKD_RETURN_IF_ERROR(SetField("model", FLAGS_model, &found.subject));
  } else {
    DFKD_ASSIGN_OR_RETURN(found, FindRunModel(FLAGS_run, FLAGS_stage, FLAGS_which));
  }
  if (!FLAGS_weights.empty()) found.weights = FLAGS_weights;
  if (!data.empty()) DFKD_RETURN_IF_ERROR(SetData(data, &found.subject));
  if (!found.subject.has_data()) {
    return ConfigError(FLAGS_run.empty()
                           ? "eval needs --data=NAME or --data=FOLDER, the images to measure on"
                           : absl::StrCat("the run in ", FLAGS_run,
                                          " has no data; give --data=NAME or --data=FOLDER"));
  }
  return found;
}

// Of pixels: mean IoU, pixel accuracy, and last a line for each class.
std::string PixelText(const SegmentationScores& scores) {
  return absl::StrFormat("mIoU           %.2f %%\npixels         %.2f %%\n", scores.miou,
                         scores.pixel_accuracy);
}

std::string ClassText(const SegmentationScores& scores, const TeacherCard& card) {
  std::string text = "IoU of each class\n";
  for (size_t k = 0; k < scores.class_iou.size(); ++k) {
    const std::optional<double>& iou = scores.class_iou[k];
    absl::StrAppendFormat(&text, "  %s  %s\n", iou ? absl::StrFormat("%6.2f %%", *iou) : "       -",
                          card.class_name(static_cast<int>(k)));
  }
  return text;
}

std::string ToText(const Measured& measured, SplitName split) {
  const Evaluation& evaluation = measured.evaluation;
  std::string text = absl::StrFormat("images         %s (%s split)\n",
                                     FormatCount(evaluation.count), NameOf(split));
  if (evaluation.segmentation.has_value()) {
    absl::StrAppend(&text, PixelText(*evaluation.segmentation));
  } else {
    absl::StrAppendFormat(&text, "top-1          %.2f %%\ntop-5          %.2f %%\n",
                          evaluation.top1, evaluation.top5);
  }
  absl::StrAppend(&text, "cross entropy  ", FormatRounded(evaluation.cross_entropy, 4), " nats\n");
  if (measured.card.has_accuracy()) {
    absl::StrAppendFormat(&text, "card           %.2f %% %s declared\n", measured.card.accuracy(),
                          evaluation.segmentation.has_value() ? "mIoU" : "top-1");
  }
  if (evaluation.segmentation.has_value()) {
    absl::StrAppend(&text, ClassText(*evaluation.segmentation, measured.card));
  }
  return text;
}

nlohmann::ordered_json ClassJson(const SegmentationScores& scores, const TeacherCard& card) {
  nlohmann::ordered_json json;
  for (size_t k = 0; k < scores.class_iou.size(); ++k) {
    const std::optional<double>& iou = scores.class_iou[k];
    json[card.class_name(static_cast<int>(k))] =
        iou ? nlohmann::ordered_json(*iou) : nlohmann::ordered_json(nullptr);
  }
  return json;
}

std::string ToJson(const Measured& measured, SplitName split) {
  const Evaluation& evaluation = measured.evaluation;
  nlohmann::ordered_json json = {{"split", std::string(NameOf(split))},
                                 {"images", evaluation.count}};
  if (evaluation.segmentation.has_value()) {
    json["miou"] = evaluation.segmentation->miou;
    json["pixel_accuracy"] = evaluation.segmentation->pixel_accuracy;
    json["class_iou"] = ClassJson(*evaluation.segmentation, measured.card);
  } else {
    json["top1"] = evaluation.top1;
    json["top5"] = evaluation.top5;
  }
  json["cross_entropy"] = evaluation.cross_entropy;
  if (measured.card.has_accuracy()) {
    json[absl::StrCat("declared_", evaluation.metric())] = measured.card.accuracy();
  }
  // A class's name may hold anything.
  return absl::StrCat(
      json.dump(-1, ' ', /*ensure_ascii=*/false, nlohmann::ordered_json::error_handler_t::replace),
      "\n");
}

absl::Status Eval(const Invocation& invocation) {
  DFKD_RETURN_IF_ERROR(CheckFlags());
  DFKD_ASSIGN_OR_RETURN(const DataArgument data, ParseDataArgument(FLAGS_data));
  DFKD_ASSIGN_OR_RETURN(RunModel found, SubjectFromFlags(data.source));
  DFKD_RETURN_IF_ERROR(ApplySettings(invocation.sets, &found.subject));
  MeasureOptions options;
  options.subject = found.subject;
  options.weights = found.weights;
  options.first_card = {absl::StrCat("teacher.card of the run in ", FLAGS_run), &found.card};
  options.split = data.split.value_or(SplitName::kTest);
  DFKD_ASSIGN_OR_RETURN(options.compute, ComputeFromCommandLine());
  ImageProgress progress("eval", &options);
  DFKD_ASSIGN_OR_RETURN(const Measured measured, Measure(options));
  progress.Finish();
  std::cout << (FLAGS_format == "json" ? ToJson(measured, options.split)
                                       : ToText(measured, options.split));
  return absl::OkStatus();
}

[[maybe_unused]] const bool added = AddVerb({
    .name = "eval",
    .usage = "eval (--model=M --weights=F | --run=DIR) --data=WHAT[:SPLIT]",
    .summary = "Measures a network on labelled images: top-1, top-5 and cross entropy; on labelled "
               "pixels mIoU.",
    .details =
        "--data takes a data set's name (`list --category=dataset`), a folder of images (a path "
        "with a slash: one folder a class), or the name or path of a spec, whose data are taken; "
        "behind a colon train, validation or test, which is the default. A run's own data are "
        "taken where --data is left out, and with --data=:SPLIT another split of them.\n\n"
        "Class names, normalisation and size come from the card in the weight file and from what "
        "the data set declares; two that differ are refused.\n\n"
        "  dfkd eval --model=wrn16_1 --weights=mine.pth --data=cifar10 "
        "--set=data.source.folder=cifar-10-batches-bin\n"
        "  dfkd eval --run=runs/quickstart --data=:validation\n"
        "  dfkd eval --run=runs/quickstart --stage=teacher --format=json",
    .flags =
        WithComputeFlags({"model", "weights", "run", "stage", "which", "data", "format", "set"}),
    .flag_help = {{"weights",
                   "weight file: safetensors, .pth or .pt; with --run in the place of "
                   "the run's own"},
                  {"set", "changes one field: data.source.size=16, model.depth=16; repeatable"}},
    .run = Eval,
});

}  // namespace
}  // namespace dfkd
