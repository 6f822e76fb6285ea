#include "dfkd/inference/predict.h"

#include <algorithm>
#include <initializer_list>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "dfkd/core/edit_distance.h"
#include "dfkd/core/field_check.h"
#include "dfkd/core/files.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/set_override.h"
#include "dfkd/core/status.h"
#include "dfkd/data/class_folders.h"
#include "dfkd/experiments/command_line.h"
#include "dfkd/experiments/verbs/compute_flags.h"
#include "dfkd/experiments/verbs/image_progress.h"
#include "dfkd/experiments/verbs/output_file.h"
#include "dfkd/experiments/verbs/shared_flags.h"
#include "dfkd/inference/rank_images.h"
#include "dfkd/inference/subject.h"
#include "dfkd/train/model_weights.h"
#include "gflags/gflags.h"
#include "glog/logging.h"

DEFINE_int32(num_classes, 0,
             "classes of the network (default: as many as the weights' card names)");
DEFINE_string(input, "", "safetensors file with \"x\" [N, C, H, W] float32, already normalised");
DEFINE_string(images, "", "a folder of PNG and JPEG files, in the place of --input");
DEFINE_string(card, "", "TeacherCard as textproto: of --images, where the weights carry none");
DEFINE_string(resize, "crop",
              "of --images: crop (the middle, of the shorter side at --shorter_side), squash, or "
              "exact, which refuses other sizes");
DEFINE_int32(shorter_side, 0, "of --resize=crop, in pixels; 0: 8/7 of the size, 256 for 224");
DEFINE_string(tensors, "logits,embedding,feature_map", "of --input: which tensors --output gets");

namespace dfkd {
namespace {

// Flags that have no meaning beside `what`.
absl::Status RefuseWith(absl::string_view what, std::initializer_list<const char*> flags) {
  for (const char* flag : flags) {
    if (gflags::GetCommandLineFlagInfoOrDie(flag).is_default) continue;
    return ConfigError(absl::StrCat("--", flag, " has no meaning with ", what, "; leave it out"));
  }
  return absl::OkStatus();
}

absl::Status CheckFlags() {
  for (const char* flag : {"model", "weights", "output"}) {
    if (gflags::GetCommandLineFlagInfoOrDie(flag).current_value.empty()) {
      return ConfigError(absl::StrCat("predict needs --", flag, "=…; see `predict --help`"));
    }
  }
  if (FLAGS_input.empty() == FLAGS_images.empty()) {
    return ConfigError("predict needs one of --input=FILE and --images=FOLDER");
  }
  if (!FLAGS_input.empty()) {
    DFKD_RETURN_IF_ERROR(RefuseWith("--input", {"card", "resize", "shorter_side"}));
  } else {
    DFKD_RETURN_IF_ERROR(RefuseWith("--images", {"tensors"}));
    if (FLAGS_resize == "squash" || FLAGS_resize == "exact") {
      DFKD_RETURN_IF_ERROR(RefuseWith(absl::StrCat("--resize=", FLAGS_resize), {"shorter_side"}));
    }
    // It could be one of those that are read.
    if (IsPicture(FLAGS_output)) {
      return ConfigError(absl::StrCat("--output=", FLAGS_output,
                                      " is called like a picture, but will be a table (CSV)"));
    }
  }
  return CheckOutputFile(
      FLAGS_output,
      {{"--weights", FLAGS_weights}, {"--input", FLAGS_input}, {"--card", FLAGS_card}});
}

absl::StatusOr<std::vector<std::string>> TensorsFromFlag() {
  const std::vector<std::string> known = PredictableTensors();
  std::vector<std::string> names = absl::StrSplit(FLAGS_tensors, ',', absl::SkipWhitespace());
  for (const std::string& name : names) {
    if (std::count(known.begin(), known.end(), name) == 1 &&
        std::count(names.begin(), names.end(), name) == 1) {
      continue;
    }
    return ConfigError(absl::StrCat("--tensors=", FLAGS_tensors, "; must be some of ",
                                    absl::StrJoin(known, ", "), ", each once",
                                    DidYouMean(name, known)));
  }
  if (names.empty()) return ConfigError("--tensors= names none");
  return names;
}

absl::StatusOr<int64_t> NumClasses(const ModelWeights& weights) {
  const int64_t of_card = weights.card.class_name_size();
  if (FLAGS_num_classes < 0) {
    return ConfigError(absl::StrCat("--num_classes=", FLAGS_num_classes, "; must be positive"));
  }
  if (FLAGS_num_classes == 0 && of_card == 0) {
    return ConfigError(absl::StrCat("predict needs --num_classes=K: ", weights.path,
                                    " carries no card that would say"));
  }
  if (FLAGS_num_classes > 0 && of_card > 0 && FLAGS_num_classes != of_card) {
    return ConfigError(absl::StrCat("--num_classes=", FLAGS_num_classes, ", but the card in ",
                                    weights.path, " names ", of_card, " classes"));
  }
  return of_card > 0 ? of_card : FLAGS_num_classes;
}

absl::Status CheckAgainstCard(const at::Tensor& x, const ModelWeights& weights) {
  const TeacherCard& card = weights.card;
  if (card.has_channels() && card.channels() != x.size(1)) {
    return InputFileError(absl::StrCat(FLAGS_input, ": tensor \"x\" has ", x.size(1),
                                       " channels, but the card in ", weights.path, " says ",
                                       card.channels()));
  }
  if ((card.has_height() && card.height() != x.size(2)) ||
      (card.has_width() && card.width() != x.size(3))) {
    LOG(WARNING) << FLAGS_input << ": images of " << x.size(2) << "x" << x.size(3)
                 << " pixels; the card in " << weights.path << " says " << card.height() << "x"
                 << card.width();
  }
  return absl::OkStatus();
}

void AppendDescription(std::string* out, const NamedTensor& named) {
  absl::StrAppend(out, named.name, " [", absl::StrJoin(named.tensor.sizes(), ", "), "]");
}

absl::Status PredictTensors(const Subject& subject, const ModelWeights& weights,
                            const Compute& compute) {
  PredictOptions options;
  options.compute = compute;
  DFKD_ASSIGN_OR_RETURN(options.tensors, TensorsFromFlag());
  DFKD_ASSIGN_OR_RETURN(const int64_t num_classes, NumClasses(weights));
  DFKD_ASSIGN_OR_RETURN(const at::Tensor x, ReadInput(FLAGS_input));
  DFKD_RETURN_IF_ERROR(CheckAgainstCard(x, weights));
  ModelContext context;
  context.num_classes = num_classes;
  context.channels = x.size(1);
  context.height = x.size(2);
  context.width = x.size(3);
  DFKD_ASSIGN_OR_RETURN(const std::unique_ptr<Model> model,
                        LoadModel(subject.model(), context, weights, "model"));
  model->To(compute.device);
  ImageProgress progress("predict", &options);
  DFKD_ASSIGN_OR_RETURN(const std::vector<NamedTensor> tensors,
                        Predict(*model, x, options, FLAGS_input));
  progress.Finish();
  DFKD_RETURN_IF_ERROR(WriteSafetensors(FileSystem::Posix(), FLAGS_output, tensors, {}));
  std::cout << FLAGS_output << ": " << absl::StrJoin(tensors, ", ", AppendDescription) << "\n";
  return absl::OkStatus();
}

// --card, then the card of the weights.
absl::StatusOr<TeacherCard> CardFromFlags(const ModelWeights& weights) {
  TeacherCard card;
  if (!FLAGS_card.empty()) {
    DFKD_ASSIGN_OR_RETURN(const std::string text,
                          ReadFile(FLAGS_card, static_cast<int64_t>(kMaxTextprotoBytes)));
    DFKD_RETURN_IF_ERROR(ParseTextproto(text, FLAGS_card, &card));
    DFKD_RETURN_IF_ERROR(CheckFields(card, FLAGS_card));
  }
  return MergeCards({{absl::StrCat("--card=", FLAGS_card), &card}, weights.card_source()},
                    "Give --card=FILE, or weights that carry a card.");
}

absl::Status PredictImages(const Subject& subject, const ModelWeights& weights,
                           const Compute& compute) {
  DFKD_ASSIGN_OR_RETURN(const TeacherCard card, CardFromFlags(weights));
  if (FLAGS_num_classes != 0 && FLAGS_num_classes != card.class_name_size()) {
    return ConfigError(absl::StrCat("--num_classes=", FLAGS_num_classes, ", but the card names ",
                                    card.class_name_size(), " classes"));
  }
  RankOptions options;
  options.folder = FLAGS_images;
  options.compute = compute;
  DFKD_ASSIGN_OR_RETURN(options.layout, LayoutFromFlags(FLAGS_resize, FLAGS_shorter_side, card));
  DFKD_ASSIGN_OR_RETURN(const std::unique_ptr<Model> model,
                        LoadModel(subject.model(), ContextOf(card), weights, "model"));
  model->To(compute.device);
  ImageProgress progress("predict", &options);
  DFKD_ASSIGN_OR_RETURN(const std::string table, RankImages(*model, card, options));
  progress.Finish();
  DFKD_RETURN_IF_ERROR(WriteFileAtomically(FileSystem::Posix(), FLAGS_output, table));
  std::cout << FLAGS_output << ": " << progress.done() << " images\n";
  return absl::OkStatus();
}

absl::Status RunPredict(const Invocation& invocation) {
  DFKD_RETURN_IF_ERROR(CheckFlags());
  DFKD_ASSIGN_OR_RETURN(const Compute compute, ComputeFromCommandLine());
  Subject subject;
  DFKD_RETURN_IF_ERROR(SetField("model", FLAGS_model, &subject));
  DFKD_RETURN_IF_ERROR(ApplySettings(invocation.sets, &subject));
  DFKD_ASSIGN_OR_RETURN(const ModelWeights weights, ReadModelWeights(FLAGS_weights));
  return FLAGS_images.empty() ? PredictTensors(subject, weights, compute)
                              : PredictImages(subject, weights, compute);
}

[[maybe_unused]] const bool added = AddVerb({
    .name = "predict",
    .usage = "predict --model=M --weights=F (--input=X.safetensors | --images=FOLDER) --output=Y",
    .summary = "Applies a network to images of yours.",
    .details =
        "--input is a safetensors file with the tensor \"x\" [images, channels, height, width], "
        "float32 and already normalised; --output then gets \"logits\" [N, K] (of a network that "
        "names the class of each pixel [N, K, H, W]), \"embedding\" [N, F] and \"feature_map\" "
        "[N, F, h, w]. The embedding is the map's mean; of a vision transformer it is the class "
        "token, and the map holds the tokens of the patches. A classifier's last layer sees the "
        "embedding. Where memory is short, --tensors=logits leaves the others out.\n\n"
        "--images is a folder of PNG and JPEG files, which may lie in folders of it; they are "
        "resized and normalised by the card in the weights, or of --card, which also names the "
        "classes. --output is then a table (CSV): file, and the five likeliest classes with their "
        "probabilities.\n\n"
        "The weights are those of any PyTorch model with the preset's parameter names (`inspect` "
        "says which preset that is).\n\n"
        "  dfkd predict --model=wrn16_1 --num_classes=10 --weights=mine.pth "
        "--input=x.safetensors --output=y.safetensors\n"
        "  dfkd predict --model=wrn16_1 --weights=runs/mine/student/last.safetensors "
        "--images=photos --output=classes.csv",
    .flags = WithComputeFlags({"model", "num_classes", "weights", "input", "images", "card",
                               "resize", "shorter_side", "output", "tensors", "set"}),
    .flag_help = {{"set", "changes a field of the network's config: model.depth=16; repeatable"}},
    .run = RunPredict,
});

}  // namespace
}  // namespace dfkd
