#include "dfkd/experiments/init_spec.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dfkd/core/any_config.h"
#include "dfkd/core/edit_distance.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/folders.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/presets.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/resolve.h"
#include "dfkd/core/set_override.h"
#include "dfkd/core/status.h"
#include "dfkd/encoders/label_file.h"
#include "dfkd/models/model_factory.h"
#include "dfkd/train/check.h"
#include "dfkd/train/model_weights.h"
#include "dfkd/train/teacher.h"

namespace dfkd {
namespace {

// --- the teacher

// A preset by its name, else a plugin with its defaults.
absl::StatusOr<ModelSpec> FindModel(const std::string& name, absl::string_view flag) {
  ModelSpec spec;
  std::vector<std::string> names = PresetNames("model");
  if (std::find(names.begin(), names.end(), name) != names.end()) {
    spec.set_preset(name);
    return spec;
  }
  if (const PluginInfo* plugin = PluginCatalog::Get().FindByName("model", name)) {
    spec.mutable_config()->PackFrom(*plugin->config_prototype);
    return spec;
  }
  for (const PluginInfo* plugin : PluginCatalog::Get().List("model")) names.push_back(plugin->name);
  return ConfigError(absl::StrCat(flag, "=", name, " is no model", DidYouMean(name, names),
                                  "; see `list --category=model`"));
}

absl::StatusOr<TeacherCard> CardFromFlags(const InitOptions& options) {
  TeacherCard card;
  if (!options.labels.empty()) {
    DFKD_ASSIGN_OR_RETURN(const std::vector<std::string> names, ReadLabelFile(options.labels));
    card.mutable_class_name()->Add(names.begin(), names.end());
  }
  if (options.image_size > 0) {
    card.set_height(static_cast<int32_t>(options.image_size));
    card.set_width(static_cast<int32_t>(options.image_size));
  }
  if (options.mean.size() != options.std.size()) {
    return ConfigError(absl::StrCat("--mean has ", options.mean.size(), " numbers and --std ",
                                    options.std.size(), "; must be one of each per channel"));
  }
  for (size_t i = 0; i < options.mean.size(); ++i) {
    card.mutable_normalization()->add_mean(static_cast<float>(options.mean[i]));
    card.mutable_normalization()->add_std(static_cast<float>(options.std[i]));
  }
  if (!options.mean.empty()) card.set_channels(static_cast<int32_t>(options.mean.size()));
  return card;
}

absl::Status CheckComplete(const TeacherCard& card, const std::string& weights) {
  std::vector<std::string> missing;
  if (card.class_name().empty()) missing.push_back("--labels");
  if (!card.has_height()) missing.push_back("--image_size");
  if (!card.has_normalization()) missing.push_back("--mean and --std");
  if (missing.empty()) return absl::OkStatus();
  return ConfigError(
      absl::StrCat(weights, " carries no card that says it; give ", absl::StrJoin(missing, ", ")));
}

absl::StatusOr<std::unique_ptr<Model>> Make(const ModelSpec& spec, const TeacherCard& card,
                                            absl::string_view path) {
  RandomStream init = RandomStream::Zeros();  // sizes are wanted, and whether weights fit
  ModelContext context = ContextOf(card);
  context.init = &init;
  return CreateModel(spec, context, path);
}

struct Facts {
  ModelSpec model;
  TeacherCard card;
  bool card_in_file = false;  // the weight file says all of it
  int64_t parameters = 0;
  bool batch_norm = false;  // the teacher has BatchNorm layers
  std::string student;
  int64_t student_parameters = 0;
  bool transformer = false;  // the student is one
};

// Whether a network leaves a feature map of 3 x 3 positions and more: those for large images shrink
// small ones almost to a point.
bool LeavesAMap(Model& model, const TeacherCard& card) {
  if (std::min(card.height(), card.width()) > 96) return true;  // any network does
  model.Eval();
  at::NoGradGuard no_grad;
  const at::Tensor map =
      model.Forward(at::zeros({1, card.channels(), card.height(), card.width()})).feature_map;
  return !map.defined() || map.dim() != 4 || std::min(map.size(2), map.size(3)) >= 3;
}

// Whether images of the card's size fill the positions of a network that has such.
bool FillsGrid(const Model& model, const TeacherCard& card) {
  const std::optional<PatchGrid> grid = model.patch_grid();
  return !grid.has_value() ||
         (grid->height * grid->patch == card.height() && grid->width * grid->patch == card.width());
}

// Whether both or neither of two networks give logits for each pixel.
absl::StatusOr<bool> BothOfPixels(const ModelSpec& a, const ModelSpec& b) {
  DFKD_ASSIGN_OR_RETURN(const Capabilities of_a, ModelCapabilities(a, "--model"));
  DFKD_ASSIGN_OR_RETURN(const Capabilities of_b, ModelCapabilities(b, "--student"));
  return of_a.Has(Capability::kPixelLogits) == of_b.Has(Capability::kPixelLogits);
}

// The largest preset of the same kind with at most 60% of the parameters (ResNet-18 has 53% of
// ResNet-34's); of any kind that suits the images' size where there is none; else the smallest.
absl::Status ChooseStudent(Facts* facts) {
  DFKD_ASSIGN_OR_RETURN(const google::protobuf::Any teacher, ModelConfig(facts->model, "--model"));
  struct Candidate {
    bool fits, same_kind;
    int64_t parameters;
    std::string name;
  };
  std::optional<Candidate> best;
  const auto better = [](const Candidate& a, const Candidate& b) {
    if (a.fits != b.fits) return a.fits;
    if (a.fits && a.same_kind != b.same_kind) return a.same_kind;
    return a.fits ? a.parameters > b.parameters : a.parameters < b.parameters;
  };
  for (const std::string& name : PresetNames("model")) {
    ModelSpec spec;
    spec.set_preset(name);
    DFKD_ASSIGN_OR_RETURN(const bool of_one_task, BothOfPixels(facts->model, spec));
    if (!of_one_task) continue;
    const absl::StatusOr<std::unique_ptr<Model>> model = Make(spec, facts->card, "--student");
    if (!model.ok() || !FillsGrid(**model, facts->card)) continue;  // not for images of this size
    DFKD_ASSIGN_OR_RETURN(const google::protobuf::Any config, FindPreset("model", name));
    Candidate candidate{false, AnyTypeName(config) == AnyTypeName(teacher), ParameterCount(**model),
                        name};
    if (!candidate.same_kind && !LeavesAMap(**model, facts->card)) continue;
    candidate.fits = candidate.parameters * 10 <= facts->parameters * 6;
    if (!best.has_value() || better(candidate, *best)) best = candidate;
  }
  if (!best.has_value()) return ConfigError("no preset of a model is linked; give --student");
  facts->student = best->name;
  return absl::OkStatus();
}

absl::StatusOr<Facts> GatherFacts(const InitOptions& options) {
  Facts facts;
  DFKD_ASSIGN_OR_RETURN(facts.model, FindModel(options.model, "--model"));
  DFKD_ASSIGN_OR_RETURN(const ModelWeights weights, ReadModelWeights(options.weights));
  DFKD_ASSIGN_OR_RETURN(const TeacherCard asked, CardFromFlags(options));
  facts.card_in_file = asked.ByteSizeLong() == 0;
  TeacherCard either = weights.card;
  either.MergeFrom(asked);
  DFKD_RETURN_IF_ERROR(CheckComplete(either, options.weights));
  DFKD_ASSIGN_OR_RETURN(facts.card, MergeCards({{"the flags", &asked}, weights.card_source()}));
  DFKD_ASSIGN_OR_RETURN(const std::unique_ptr<Model> teacher,
                        LoadModel(facts.model, ContextOf(facts.card), weights, "--model"));
  facts.parameters = ParameterCount(*teacher);
  DFKD_ASSIGN_OR_RETURN(const Capabilities provided, ModelCapabilities(facts.model, "--model"));
  facts.batch_norm = provided.Has(Capability::kBatchNormInputs);
  if (options.student.empty()) {
    DFKD_RETURN_IF_ERROR(ChooseStudent(&facts));
  } else {
    facts.student = options.student;
  }
  ModelSpec student;
  student.set_preset(facts.student);
  DFKD_ASSIGN_OR_RETURN(const std::unique_ptr<Model> model, Make(student, facts.card, "--student"));
  facts.student_parameters = ParameterCount(*model);
  facts.transformer = model->patch_grid().has_value();
  return facts;
}

// --- the settings

// A row of NAYER Table 6, and what the released scripts have beside it.
struct Recipe {
  const char* of;
  int64_t student_batch, batch, batches, warmup_batches, generator_steps, student_steps;
  const char* learning_rate;
};

Recipe RecipeFor(const TeacherCard& card) {
  const int64_t size = std::max(card.height(), card.width());
  const int64_t classes = card.class_name_size();
  Recipe recipe = classes <= 10 ? Recipe{"CIFAR-10", 512, 400, 2, 10, 30, 400, "0.2"}
                                : Recipe{"CIFAR-100", 512, 400, 2, 10, 40, 400, "0.2"};
  if (size > 48) recipe = {"Tiny-ImageNet", 256, 200, 4, 20, 60, 1000, "0.1"};
  if (size > 96) return {"ImageNet", 128, 50, 20, 20, 100, 2000, "0.1"};
  recipe.batch = std::max(recipe.batch, classes);
  return recipe;
}

// Lines of at most 100 columns, a list each.
std::string ClassNames(const TeacherCard& card, const std::string& indent) {
  std::string lines, line;
  const auto flush = [&] {
    if (!line.empty()) absl::StrAppend(&lines, indent, "class_name: [ ", line, " ]\n");
    line.clear();
  };
  for (const std::string& name : card.class_name()) {
    const std::string quoted = TextValue(name);
    if (!line.empty() && line.size() + quoted.size() > 72) flush();
    absl::StrAppend(&line, line.empty() ? "" : ", ", quoted);
  }
  flush();
  return lines;
}

std::string ModelText(const ModelSpec& model) {
  if (model.has_preset()) return absl::StrCat("preset: ", TextValue(model.preset()));
  return absl::StrCat("config { [", model.config().type_url(), "] {} }");
}

std::string Head(const InitOptions& options) {
  return absl::StrCat(
      "# A student for a teacher of mine, without its data; written by `dfkd init`.\n"
      "# Look through (1) to (4), then\n"
      "#\n"
      "#   dfkd check THIS_FILE --estimate      what the run makes, needs and takes\n"
      "#   dfkd run   THIS_FILE\n"
      "\n"
      "# NAYER with the values of its released code; `dfkd resolve THIS_FILE` spells all of it "
      "out.\n"
      "base: \"nayer_base\"\n"
      "description: ",
      TextValue(absl::StrCat("A student for ", options.model, ", without data")), "\n\n");
}

std::string TeacherText(const InitOptions& options, const Facts& facts) {
  std::string text = absl::StrCat(
      "teacher {\n"
      "  # (1) The architecture and the weights; they were seen to fit. A path is relative to "
      "where\n"
      "  #     `dfkd` is started.\n"
      "  model {\n    ",
      ModelText(facts.model), "\n    weights: ", TextValue(options.weights), "\n  }\n");
  if (facts.card_in_file) {
    absl::StrAppend(&text,
                    "  # (2), (3) Class names, size and normalisation are those of the card in the "
                    "weight file:\n"
                    "  #          `dfkd inspect ",
                    options.weights, "` prints it.\n}\n\n");
    return text;
  }
  const TeacherCard& card = facts.card;
  absl::StrAppend(
      &text,
      "  card {\n"
      "    # (2) The class names, in the order of the logits. They are the method's input: write "
      "them\n"
      "    #     as words. \"golden retriever\" tells the text encoder more than \"n02099601\".\n",
      ClassNames(card, "    "),
      "    # (3) How its inputs were made: size, channels, and (x - mean) / std with x in [0, 1].\n"
      "    #     Wrong statistics are the commonest reason for a poor student, and without data\n"
      "    #     nothing can detect them.\n"
      "    height: ",
      card.height(), "\n    width: ", card.width(), "\n    channels: ", card.channels(),
      "\n    normalization { ", PrintTextprotoLine(card.normalization()),
      " }\n"
      "    # Its accuracy, where you know it. A run with `data` then stops where the teacher is "
      "worse.\n"
      "    # accuracy: 95.0\n"
      "  }\n}\n\n");
  return text;
}

std::string Augmentations(int64_t padding, const std::string& indent) {
  return absl::StrCat(indent,
                      "augmentations { [type.googleapis.com/dfkd.RandomCropConfig] { "
                      "padding: ",
                      padding, " } }\n", indent,
                      "augmentations { [type.googleapis.com/dfkd.HorizontalFlipConfig] {} }\n");
}

// Transformers learn by AdamW: with MUSE's rate (A.3).
std::string OptimizerText(const Facts& facts, const Recipe& recipe) {
  if (facts.transformer) return "[type.googleapis.com/dfkd.AdamWConfig] { learning_rate: 1e-3 }";
  return absl::StrCat(
      "[type.googleapis.com/dfkd.SgdConfig] { learning_rate: ", recipe.learning_rate, " }");
}

std::string StudentText(const Facts& facts, const Recipe& recipe, int64_t padding) {
  return absl::StrCat(
      "student {\n"
      "  # (4) Any architecture of `dfkd list --category=model`. This one has ",
      facts.student_parameters, " parameters,\n  #     the teacher ", facts.parameters,
      ".\n  model { preset: ", TextValue(facts.student),
      " }\n  # Batch, steps and learning rate: NAYER's for ", recipe.of,
      facts.transformer ? "; a transformer's optimiser is MUSE's" : "", ".\n  optimizer { ",
      OptimizerText(facts, recipe), " }\n  batch_size: ", recipe.student_batch,
      "\n  steps_per_epoch: ", recipe.student_steps,
      "\n  # Crops by an eighth of the size. Leave the flip out, here and below, where a mirrored "
      "image\n  # means something else: digits, text, traffic signs.\n",
      Augmentations(padding, "  "), "}\n\n");
}

// The deep generator and the weights that the paper has for ImageNet.
constexpr char kForLargeImages[] =
    "    generator { [type.googleapis.com/dfkd.DeepGeneratorConfig] {} }\n"
    "    losses { weight: 0.1 config { [type.googleapis.com/dfkd.CrossEntropyConfig] {} } }\n"
    "    losses { weight: 0.1 config { [type.googleapis.com/dfkd.AdversarialKlConfig] {} } }\n";
constexpr char kLargeBatchNorm[] =
    "    losses { weight: 0.1 config { [type.googleapis.com/dfkd.BnStatConfig] {} } }\n";
constexpr char kNoBatchNorm[] =
    "    # The teacher has no BatchNorm layers, whose statistics this loss compares: it is off.\n"
    "    losses { weight: 0 config { [type.googleapis.com/dfkd.BnStatConfig] {} } }\n";

std::string LossesText(const Facts& facts) {
  const bool large = std::max(facts.card.height(), facts.card.width()) > 96;
  return absl::StrCat(large ? kForLargeImages : "",
                      !facts.batch_norm ? kNoBatchNorm : (large ? kLargeBatchNorm : ""));
}

std::string MethodText(const Facts& facts, const Recipe& recipe, int64_t padding) {
  return absl::StrCat(
      "method {\n"
      "  [type.googleapis.com/dfkd.NayerConfig] {\n"
      "    # Class names become rows by a sentence encoder that comes with dfkd. Where they are "
      "no\n"
      "    # words: encoder { config { [type.googleapis.com/dfkd.OneHotConfig] {} } }.\n"
      "    encoder { preset: \"minilm\" }\n"
      "    # NAYER Table 6, ",
      recipe.of,
      ". A batch shows each class at least once where it can.\n    batch_size: ", recipe.batch,
      "\n    batches_per_epoch: ", recipe.batches,
      "\n    warmup_batches_per_epoch: ", recipe.warmup_batches,
      "\n    generator_steps: ", recipe.generator_steps, "\n", LossesText(facts),
      Augmentations(padding, "    "), "  }\n}\n\n");
}

constexpr char kTail[] =
    "# The paper reports 100, 200 and 300 epochs. The pool keeps every image unless it is "
    "bounded:\n"
    "# pool { max_images: 50000 }.\n"
    "train { epochs: 100 }\n"
    "\n"
    "# No `data`: one of each ten synthesised images is kept from the student, and its agreement "
    "with\n"
    "# the teacher is measured on those. The last epoch is the result; SYNTHETIC_AGREEMENT would "
    "take\n"
    "# the epoch in which they agreed most.\n"
    "evaluation { selection: LAST }\n";

// As `dfkd check` would judge the file.
absl::Status CheckText(const std::string& text) {
  DFKD_ASSIGN_OR_RETURN(const std::unique_ptr<TemporaryFolder> folder,
                        TemporaryFolder::Make("init"));
  const std::string path = JoinPath(folder->path(), "spec.textproto");
  DFKD_RETURN_IF_ERROR(WriteFileAtomically(FileSystem::Posix(), path, text));
  DFKD_ASSIGN_OR_RETURN(const ResolvedSpec resolved, ResolveSpec(path));
  return CheckExperiment(resolved.spec).status();
}

}  // namespace

absl::StatusOr<std::string> InitSpec(const InitOptions& options) {
  DFKD_ASSIGN_OR_RETURN(const Facts facts, GatherFacts(options));
  const Recipe recipe = RecipeFor(facts.card);
  const int64_t padding = std::max(1, std::max(facts.card.height(), facts.card.width()) / 8);
  std::string text =
      absl::StrCat(Head(options), TeacherText(options, facts), StudentText(facts, recipe, padding),
                   MethodText(facts, recipe, padding), kTail);
  DFKD_RETURN_IF_ERROR(CheckText(text));
  return text;
}

absl::Status WriteInitSpec(FileSystem* files, const InitOptions& options, const std::string& path) {
  if (FileExists(path)) {
    return ConfigError(absl::StrCat(path, " is there already; name another --output"));
  }
  DFKD_ASSIGN_OR_RETURN(const std::string text, InitSpec(options));
  return WriteFileAtomically(files, path, text);
}

}  // namespace dfkd
