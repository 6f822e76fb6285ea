#include "dfkd/experiments/testing/tiny_run.h"

#include <filesystem>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/substitute.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/resolve.h"
#include "dfkd/models/model_factory.h"
#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/train/run.h"
#include "dfkd/train/teacher.h"
#include "dfkd/weights/weights.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

constexpr char kCommon[] = R"(
  teacher { model { $0 weights: "$1" } }
  student {
    model { $0 }
    optimizer { [type.googleapis.com/dfkd.SgdConfig] { learning_rate: 0.1 momentum: 0.9 } }
    schedule { [type.googleapis.com/dfkd.CosineConfig] {} }
    batch_size: 4
    steps_per_epoch: 2
    losses { config { [type.googleapis.com/dfkd.DistillKlConfig] { temperature: 20 } } }
    $4
    augmentations { [type.googleapis.com/dfkd.RandomCropConfig] { padding: 1 } }
  }
  train { epochs: 3 threads: 1 precision: FP32 }
  method { [type.googleapis.com/dfkd.$2] { $3 } }
)";

// Where there is a pool.
constexpr char kSelection[] = "evaluation { selection: SYNTHETIC_AGREEMENT }";

// What NAYER and MUSE have in common.
constexpr char kSynthesis[] = R"(
  encoder { config { [type.googleapis.com/dfkd.OneHotConfig] {} } }
  input { noisy_layer_size: 5 }
  generator { [type.googleapis.com/dfkd.ConvGeneratorConfig] { channels: 4 } }
  optimizer { [type.googleapis.com/dfkd.AdamConfig] { learning_rate: 4e-3 } }
  label_sampler { [type.googleapis.com/dfkd.BalancedConfig] {} }
  losses { config { [type.googleapis.com/dfkd.CrossEntropyConfig] {} } }
  losses { config { [type.googleapis.com/dfkd.BnStatConfig] {} } }
  losses { config { [type.googleapis.com/dfkd.AdversarialKlConfig] {} } }
  augmentations { [type.googleapis.com/dfkd.HorizontalFlipConfig] {} }
  batches_per_epoch: 1
  generator_steps: 2
  warmup_epochs: 1
  reinitialize_generator_every: 2
)";

constexpr char kNayer[] = "batch_size: 8 warmup_batches_per_epoch: 2";

constexpr char kMuse[] = R"(
  resolutions { size: 4 batch_size: 10 student_batch_size: 4 }
  resolutions { size: 8 batch_size: 5 }
  losses { config { [type.googleapis.com/dfkd.ClassActivationConfig] { gaussian { sigma: 1 } } } }
  losses { config { [type.googleapis.com/dfkd.EmbeddingDiversityConfig] { side: OUTSIDE } } }
)";

constexpr char kMuseStudentLosses[] = R"(
  losses {
    config { [type.googleapis.com/dfkd.EmbeddingDiversityConfig] { side: INSIDE head: ALWAYS } }
  }
)";

constexpr char kDeepInversion[] = R"(
  losses { config { [type.googleapis.com/dfkd.CrossEntropyConfig] {} } }
  losses { config { [type.googleapis.com/dfkd.BnStatConfig] {} } }
  losses { config { [type.googleapis.com/dfkd.TotalVariationConfig] {} } }
  losses { config { [type.googleapis.com/dfkd.JensenShannonConfig] {} } }
  optimizer { [type.googleapis.com/dfkd.AdamConfig] { learning_rate: 0.1 } }
  schedule { [type.googleapis.com/dfkd.CosineConfig] {} }
  label_sampler { [type.googleapis.com/dfkd.UniformConfig] {} }
  augmentations { [type.googleapis.com/dfkd.RollConfig] { max_shift: 1 } }
  phases { steps: 2 pooling: 2 }
  phases { steps: 1 }
  batch_size: 8
  warmup_epochs: 1
)";

constexpr char kFast[] = R"(
  generator { [type.googleapis.com/dfkd.ConvGeneratorConfig] { channels: 4 } }
  latent_size: 5
  optimizer { [type.googleapis.com/dfkd.AdamConfig] { learning_rate: 2e-3 } }
  latent_optimizer { [type.googleapis.com/dfkd.AdamConfig] { learning_rate: 0.01 } }
  meta_optimizer { [type.googleapis.com/dfkd.AdamConfig] { learning_rate: 4e-3 } }
  label_sampler { [type.googleapis.com/dfkd.UniformConfig] {} }
  losses { config { [type.googleapis.com/dfkd.CrossEntropyConfig] {} } }
  losses { config { [type.googleapis.com/dfkd.BnStatConfig] {} } }
  losses { config { [type.googleapis.com/dfkd.AdversarialKlConfig] {} } }
  augmentations { [type.googleapis.com/dfkd.HorizontalFlipConfig] {} }
  batch_size: 8
  generator_steps: 2
  warmup_epochs: 1
  reset_first_layers_at: 2
)";

constexpr char kDfad[] = R"(
  generator { [type.googleapis.com/dfkd.ConvGeneratorConfig] { channels: 4 layout: DFAD } }
  optimizer { [type.googleapis.com/dfkd.AdamConfig] { learning_rate: 1e-3 } }
  schedule { [type.googleapis.com/dfkd.StepConfig] { milestones: 1 } }
  losses { weight: -1 config { [type.googleapis.com/dfkd.LogitL1Config] {} } }
  losses { config { [type.googleapis.com/dfkd.BnStatConfig] {} } }
  latent_size: 5
  batch_size: 8
  student_steps: 2
)";

// With `fields` of the method and further losses of the student.
std::string Tiny(const std::string& weights, absl::string_view method, absl::string_view fields,
                 absl::string_view student_losses = "") {
  return absl::Substitute(kCommon, kTinyModel, weights, method, fields, student_losses);
}

// metrics.csv without the columns that hold seconds.
std::string WithoutSeconds(const std::string& csv) {
  std::vector<std::string> lines;
  std::vector<bool> keep;
  for (absl::string_view line : absl::StrSplit(csv, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> cells = absl::StrSplit(line, ',');
    if (keep.empty()) {
      for (const std::string& name : cells) keep.push_back(!absl::StartsWith(name, "seconds_"));
    }
    std::vector<std::string> kept;
    for (size_t i = 0; i < cells.size(); ++i) {
      if (keep[i]) kept.push_back(cells[i]);
    }
    lines.push_back(absl::StrJoin(kept, ","));
  }
  return absl::StrJoin(lines, "\n");
}

}  // namespace

std::string WriteTinyTeacher(const std::string& dir, const TinyTeacher& teacher) {
  std::filesystem::create_directories(dir);
  ModelSpec spec;
  CHECK(ParseTextproto(kTinyModel, "model", &spec).ok());
  RandomStream init(0, "init");
  ModelContext context;
  context.num_classes = teacher.classes;
  context.channels = teacher.channels;
  context.height = teacher.height;
  context.width = teacher.width;
  context.init = &init;
  const auto model = CreateModel(spec, context, "model");
  CHECK(model.ok()) << model.status();
  FillDeterministically(**model);

  TeacherCard card;
  for (int64_t i = 0; i < teacher.classes; ++i) card.add_class_name(absl::StrCat("class ", i));
  for (int64_t i = 0; i < teacher.channels; ++i) {
    card.mutable_normalization()->add_mean(0.5);
    card.mutable_normalization()->add_std(0.25);
  }
  card.set_channels(teacher.channels);
  card.set_height(teacher.height);
  card.set_width(teacher.width);
  const std::string path = JoinPath(dir, "teacher.safetensors");
  const absl::Status status = WriteSafetensors(FileSystem::Posix(), path, (*model)->NamedState(),
                                               {{kCardMetadataKey, CardToText(card)}});
  CHECK(status.ok()) << status;
  return path;
}

std::string TinyNayer(const std::string& weights) {
  return Tiny(weights, "NayerConfig", absl::StrCat(kSynthesis, kNayer)) + kSelection;
}

std::string TinyMuse(const std::string& weights) {
  return Tiny(weights, "MuseConfig", absl::StrCat(kSynthesis, kMuse), kMuseStudentLosses) +
         kSelection;
}

std::string TinyDeepInversion(const std::string& weights) {
  return Tiny(weights, "DeepInversionConfig", kDeepInversion) + kSelection;
}

std::string TinyFast(const std::string& weights) {
  return Tiny(weights, "FastConfig", kFast) + kSelection;
}

std::string TinyDfad(const std::string& weights) { return Tiny(weights, "DfadConfig", kDfad); }

std::string TinyFakeOnline(const std::string& weights, const std::string& fields) {
  return Tiny(weights, "FakeOnlineConfig", fields);
}

absl::StatusOr<RunSummary> RunTiny(const std::string& text, const std::string& dir,
                                   FileSystem* files, bool resume) {
  Experiment experiment;
  absl::Status status = ParseTextproto(text, "tiny", &experiment);
  if (!status.ok()) return status;
  absl::StatusOr<ResolvedSpec> resolved = ResolveExperiment(std::move(experiment), "tiny");
  if (!resolved.ok()) return resolved.status();
  RunOptions options;
  options.spec = *std::move(resolved);
  options.output_dir = dir;
  options.command = "test";
  options.files = files;
  options.resume = resume;
  return RunExperiment(options);
}

std::map<std::string, std::string> LastingContent(const std::string& dir) {
  std::map<std::string, std::string> content;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir)) {
    if (!entry.is_regular_file()) continue;
    const std::string name = std::filesystem::relative(entry.path(), dir).string();
    const std::string extension = entry.path().extension().string();
    const bool lasts = extension == ".safetensors" || extension == ".png" || extension == ".bin" ||
                       extension == ".csv";
    // A checkpoint also holds how many seconds were spent.
    if (!lasts || absl::StrContains(name, "checkpoint/")) continue;
    const absl::StatusOr<std::string> bytes = ReadFile(entry.path().string());
    CHECK(bytes.ok()) << bytes.status();
    content[name] = extension == ".csv" ? WithoutSeconds(*bytes) : *bytes;
  }
  return content;
}

}  // namespace dfkd
