#include "dfkd/train/check.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "dfkd/core/any_config.h"
#include "dfkd/core/contract.h"
#include "dfkd/core/device.h"
#include "dfkd/core/files.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/data/dataset.h"
#include "dfkd/losses/loss.h"
#include "dfkd/losses/loss_set.h"
#include "dfkd/measures/measure.h"
#include "dfkd/methods/method.h"
#include "dfkd/models/model_factory.h"
#include "dfkd/train/loss_context.h"
#include "dfkd/train/model_weights.h"
#include "dfkd/train/patch_positions.h"
#include "dfkd/train/pool_budget.h"
#include "dfkd/train/related_specs.h"
#include "dfkd/train/selection.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/message.h"

namespace dfkd {
namespace {

// LibTorch, loaded and warmed up.
constexpr int64_t kBaseBytes = int64_t{350} << 20;

// The architecture of the teacher; null where the experiment has none.
const ModelSpec* TeacherModel(const Experiment& spec, const RelatedSpecs& related) {
  if (related.teacher.has_value()) return &related.teacher->spec.student().model();
  return spec.teacher().has_model() ? &spec.teacher().model() : nullptr;
}

absl::Status CheckTeacherSpec(const Experiment& spec) {
  if (spec.teacher().has_from() && spec.teacher().has_model()) {
    return ConfigError("teacher sets both from and model; exactly one names the teacher");
  }
  if (spec.teacher().has_model() && spec.teacher().model().weights().empty()) {
    return ConfigError(
        "teacher.model.weights is empty; name the file with the teacher's weights, or set "
        "teacher.from");
  }
  return absl::OkStatus();
}

absl::Status CheckStudentSpec(const Experiment& spec) {
  if (!spec.student().has_model()) return ConfigError("student.model is missing");
  if (!spec.student().has_optimizer()) return ConfigError("student.optimizer is missing");
  if (spec.student().losses().empty())
    return ConfigError("student.losses is empty; say what the student minimises");
  return ModelCapabilities(spec.student().model(), "student.model").status();
}

// What a person does about something that is missing.
std::string Remedy(Capabilities missing) {
  if (missing.Has(Capability::kTeacherOutput)) return "set teacher.model or teacher.from";
  if (missing.Has(Capability::kRealData)) return "set data.source";
  if (missing.Has(Capability::kPatchPositions)) {
    return "leave it out, or choose a vision transformer for teacher.model or student.model";
  }
  return "leave out what needs it, or choose another teacher.model or method";
}

// One pass over the data has no length where a method shows none.
absl::Status CheckSteps(const Experiment& spec, const Contract& method) {
  if (spec.student().steps_per_epoch() > 0 || method.needs.Has(Capability::kRealData)) {
    return absl::OkStatus();
  }
  return ConfigError(
      "student.steps_per_epoch is 0, one pass over the data, but the method shows none; "
      "must be at least 1");
}

// Without weights of any use.
absl::StatusOr<std::unique_ptr<Model>> MakeModel(const ModelSpec& spec, const TeacherCard& card,
                                                 absl::string_view path) {
  RandomStream init = RandomStream::Zeros();
  ModelContext context = ContextOf(card);
  context.num_classes = std::max<int64_t>(1, context.num_classes);
  context.init = &init;
  return CreateModel(spec, context, path);
}

// Numbers that a model holds (`parameters`) and puts out for one image (`activations`).
struct ModelSize {
  int64_t parameters = 0;
  int64_t activations = 0;
};

absl::StatusOr<ModelSize> MeasureModel(const ModelSpec& spec, const TeacherCard& card,
                                       ImageSize images, absl::string_view path) {
  DFKD_ASSIGN_OR_RETURN(const std::unique_ptr<Model> model, MakeModel(spec, card, path));
  model->Eval();
  at::NoGradGuard no_grad;
  Taps taps;
  model->Forward(at::zeros({1, card.channels(), images.height, images.width}), taps);
  ModelSize size;
  size.activations = taps.layer_elements;
  size.parameters = ParameterCount(*model);
  return size;
}

int64_t Pixels(const PoolOutline& pool) { return pool.size.height * pool.size.width; }

// A step keeps the layers' outputs of teacher and student, and about as much again on the way back;
// the student's weights come with gradient, momentum and a checkpoint's copy. Images are those of
// the largest size that the method synthesises.
absl::StatusOr<int64_t> StepBytes(const ModelSpec* teacher, const ModelSpec& student,
                                  const TeacherCard& card, const MethodOutline& outline) {
  if (card.height() == 0 || card.channels() == 0) return 0;
  const std::vector<PoolOutline> pools = PoolsOf(outline, card);
  const ImageSize images =
      std::max_element(pools.begin(), pools.end(), [](const PoolOutline& a, const PoolOutline& b) {
        return Pixels(a) < Pixels(b);
      })->size;
  DFKD_ASSIGN_OR_RETURN(const ModelSize of_student,
                        MeasureModel(student, card, images, "student.model"));
  ModelSize of_teacher;
  if (teacher != nullptr) {
    DFKD_ASSIGN_OR_RETURN(of_teacher, MeasureModel(*teacher, card, images, "teacher.model"));
  }
  constexpr int64_t kFloat = sizeof(float);
  return kFloat * (2 * outline.largest_batch * (of_teacher.activations + of_student.activations) +
                   of_teacher.parameters + 4 * of_student.parameters);
}

// The card as far as the spec and the data set declare it.
absl::StatusOr<TeacherCard> DeclaredCard(const Experiment& spec, const RelatedSpecs& related) {
  const Experiment& source =
      related.teacher.has_value() && !spec.has_data() ? related.teacher->spec : spec;
  TeacherCard card;
  if (source.has_data()) {
    DFKD_ASSIGN_OR_RETURN(
        card, Registry<Dataset>::Get().GetOutline(source.data().source(), source, "data.source"));
  }
  card.MergeFrom(spec.teacher().card());
  return card;
}

// Whether each network that reads patches takes the images that the run will make, and whether
// places can be drawn for them.
absl::Status CheckPatches(const Experiment& spec, const RelatedSpecs& related) {
  const ModelSpec* teacher_spec = TeacherModel(spec, related);
  DFKD_ASSIGN_OR_RETURN(Capabilities given,
                        ModelCapabilities(spec.student().model(), "student.model"));
  if (teacher_spec != nullptr) {
    DFKD_ASSIGN_OR_RETURN(const Capabilities more,
                          ModelCapabilities(*teacher_spec, "teacher.model"));
    given = given | more;
  }
  const TrainSpec& train = spec.train();
  if (train.has_patch_sampler()) {
    DFKD_RETURN_IF_ERROR(CheckNeeds({Capability::kPatchPositions}, given, "train.patch_sampler"));
  }
  if (!given.Has(Capability::kPatchPositions)) return absl::OkStatus();

  DFKD_ASSIGN_OR_RETURN(const TeacherCard card, DeclaredCard(spec, related));
  if (card.height() == 0 || card.channels() == 0) return absl::OkStatus();  // the run will tell
  DFKD_ASSIGN_OR_RETURN(const std::unique_ptr<Model> student,
                        MakeModel(spec.student().model(), card, "student.model"));
  std::unique_ptr<Model> teacher;
  if (teacher_spec != nullptr) {
    DFKD_ASSIGN_OR_RETURN(teacher, MakeModel(*teacher_spec, card, "teacher.model"));
  }
  DFKD_ASSIGN_OR_RETURN(const MethodOutline outline,
                        Registry<Method>::Get().GetOutline(spec.method(), spec, "method"));
  std::unique_ptr<PatchPositions> positions;
  if (train.has_patch_sampler()) {
    DFKD_ASSIGN_OR_RETURN(positions,
                          PatchPositions::Create(train.patch_sampler(), teacher.get(), *student));
  }
  for (const PoolOutline& pool : PoolsOf(outline, card)) {
    const ImageSize& size = pool.size;
    for (const Model* model : {teacher.get(), student.get()}) {
      if (model == nullptr || !model->patch_grid().has_value()) continue;
      DFKD_RETURN_IF_ERROR(
          Annotate(WindowOf(*model->patch_grid(), size.height, size.width).status(), "method"));
    }
    if (positions != nullptr) DFKD_RETURN_IF_ERROR(positions->Check(size.height, size.width));
  }
  return absl::OkStatus();
}

// Which splits a data set has is known once it is opened; that it has none where there is none, at
// once.
absl::Status CheckEvaluation(const Experiment& spec, const RelatedSpecs& related,
                             const Contract& method) {
  Measured measured;
  measured.validation = measured.test = spec.has_data();
  measured.agreement =
      TeacherModel(spec, related) != nullptr && method.provides.Has(Capability::kPool);
  return CheckSelection(spec.evaluation().selection(), measured);
}

absl::StatusOr<bool> LabelsPixels(const ModelSpec& model, absl::string_view path) {
  DFKD_ASSIGN_OR_RETURN(const Capabilities provides, ModelCapabilities(model, path));
  return provides.Has(Capability::kPixelLogits);
}

// That teacher, student and data agree on whether pixels or whole images have classes.
absl::Status CheckPixels(const Experiment& spec, const RelatedSpecs& related) {
  DFKD_ASSIGN_OR_RETURN(const bool student, LabelsPixels(spec.student().model(), "student.model"));
  if (const ModelSpec* model = TeacherModel(spec, related)) {
    DFKD_ASSIGN_OR_RETURN(const bool teacher, LabelsPixels(*model, "teacher.model"));
    if (teacher != student) {
      return ConfigError(
          absl::StrCat("the teacher gives logits for ", teacher ? "each pixel" : "whole images",
                       " and the student for ", student ? "each pixel" : "whole images",
                       "; choose a student.model that does as the teacher"));
    }
  }
  if (!spec.has_data()) return absl::OkStatus();
  DFKD_ASSIGN_OR_RETURN(const Contract data,
                        Registry<Dataset>::Get().GetContract(spec.data().source(), "data.source"));
  if (data.provides.Has(Capability::kMasks) == student) return absl::OkStatus();
  return ConfigError(
      student ? "student.model gives logits for each pixel, but data.source names the classes of "
                "whole images; choose data with masks (shapes with masks: true, nyuv2) or another "
                "model"
              : "data.source names the class of each pixel, but student.model gives logits for "
                "whole images; choose a model for pixels (plain_segmenter, deeplab_v3) or other "
                "data");
}

// A synthesised image has no mask: with networks for pixels only real data have labels.
Capabilities WithoutLabelsOfImages(Capabilities given, const Contract& method) {
  const bool of_pixels = given.Has(Capability::kPixelLogits);
  const bool real = method.needs.Has(Capability::kRealData);
  return of_pixels && !real ? given.Without({Capability::kLabels, Capability::kClassRows}) : given;
}

// What the method, the teacher and the data give to whoever needs it.
absl::StatusOr<Capabilities> Given(const Experiment& spec, const RelatedSpecs& related,
                                   const Contract& method) {
  Capabilities given = method.provides;
  if (spec.has_data()) given = given | Capabilities{Capability::kRealData};
  if (const ModelSpec* teacher = TeacherModel(spec, related)) {
    DFKD_ASSIGN_OR_RETURN(const Capabilities of_teacher,
                          ModelCapabilities(*teacher, "teacher.model"));
    given = given | of_teacher | Capabilities{Capability::kTeacherOutput};
  }
  return WithoutLabelsOfImages(given, method);
}

// Whether the method, the student's losses and the measures are given what they need.
absl::Status CheckContracts(const Experiment& spec, const RelatedSpecs& related,
                            const Contract& method) {
  DFKD_ASSIGN_OR_RETURN(const Capabilities given, Given(spec, related, method));
  DFKD_RETURN_IF_ERROR(CheckNeeds(method.needs, given, "method"));
  DFKD_ASSIGN_OR_RETURN(const Capabilities student_needs,
                        LossSet::Needs(spec.student().losses(), "student.losses"));
  // The student's step shows its losses what both networks put out, and nothing from inside them.
  const Capabilities to_student = given.Without(
      {Capability::kBatchNormInputs, Capability::kPreReluMap, Capability::kClassifierWeight});
  DFKD_RETURN_IF_ERROR(CheckNeeds(student_needs, to_student, "student.losses"));
  const auto& measures = spec.evaluation().measures();
  for (int i = 0; i < measures.size(); ++i) {
    const std::string path = absl::StrCat("evaluation.measures[", i, "]");
    DFKD_ASSIGN_OR_RETURN(const Contract measure,
                          Registry<Measure>::Get().GetContract(measures[i], path));
    DFKD_RETURN_IF_ERROR(CheckNeeds(measure.needs, given, path));
  }
  return absl::OkStatus();
}

struct PlacedLoss {
  std::string path;
  google::protobuf::Any config;
};

// Those of method and student alike.
absl::StatusOr<std::vector<PlacedLoss>> LossesThatNeed(Capability capability, Experiment spec) {
  std::vector<PlacedLoss> losses;
  const auto add = [&](google::protobuf::Message* message, absl::string_view path) -> absl::Status {
    const auto* loss = google::protobuf::DynamicCastToGenerated<LossSpec>(message);
    if (loss == nullptr) return absl::OkStatus();
    DFKD_ASSIGN_OR_RETURN(const Contract contract,
                          Registry<Loss>::Get().GetContract(loss->config(), path));
    if (contract.needs.Has(capability)) losses.push_back({std::string(path), loss->config()});
    return absl::OkStatus();
  };
  DFKD_RETURN_IF_ERROR(EditEach(&spec, "", add));
  return losses;
}

// Whether the networks' embeddings are of the lengths that losses compare them at: each loss is
// made as the run makes it.
absl::Status CheckEmbeddings(const Experiment& spec, const RelatedSpecs& related) {
  DFKD_ASSIGN_OR_RETURN(const std::vector<PlacedLoss> losses,
                        LossesThatNeed(Capability::kEmbedding, spec));
  const ModelSpec* teacher_spec = TeacherModel(spec, related);
  if (losses.empty() || teacher_spec == nullptr) return absl::OkStatus();
  DFKD_ASSIGN_OR_RETURN(const TeacherCard card, DeclaredCard(spec, related));
  if (card.height() == 0 || card.channels() == 0 || card.class_name().empty()) {
    return absl::OkStatus();  // the run will tell
  }
  DFKD_ASSIGN_OR_RETURN(const std::unique_ptr<Model> teacher,
                        MakeModel(*teacher_spec, card, "teacher.model"));
  DFKD_ASSIGN_OR_RETURN(const std::unique_ptr<Model> student,
                        MakeModel(spec.student().model(), card, "student.model"));
  RandomStreams streams(spec.train().seed());
  const LossContext context =
      MakeLossContext(card, teacher.get(), student.get(), &streams, at::kCPU);
  for (const PlacedLoss& loss : losses) {
    const absl::Status made =
        Registry<Loss>::Get().Create(loss.config, context, loss.path).status();
    // A file that is still to be brought, such as an encoder's weights, is the run's to ask for.
    if (ExitCodeOf(made) == kExitBadInput) continue;
    DFKD_RETURN_IF_ERROR(Annotate(made, loss.path));
  }
  return absl::OkStatus();
}

absl::Status CheckRelated(const RelatedSpecs& related) {
  if (related.teacher.has_value()) {
    DFKD_RETURN_IF_ERROR(
        Annotate(CheckExperiment(related.teacher->spec).status(), related.teacher->name));
  }
  for (const ResolvedSpec& floor : related.floors) {
    Experiment alone = floor.spec;
    alone.mutable_evaluation()->clear_floor();
    DFKD_RETURN_IF_ERROR(Annotate(CheckExperiment(alone).status(), floor.name));
  }
  return absl::OkStatus();
}

absl::StatusOr<ExperimentCost> EstimateCost(const Experiment& spec, const RelatedSpecs& related,
                                            const Contract& method) {
  DFKD_ASSIGN_OR_RETURN(const MethodOutline outline,
                        Registry<Method>::Get().GetOutline(spec.method(), spec, "method"));
  DFKD_ASSIGN_OR_RETURN(const TeacherCard card, DeclaredCard(spec, related));
  ExperimentCost cost;
  cost.images = outline.images;
  cost.teacher_forwards = outline.teacher_forwards;
  cost.student_steps = outline.student_steps;
  if (method.provides.Has(Capability::kPool)) {
    const std::vector<PoolOutline> outlines = PoolsOf(outline, card);
    const std::vector<PoolOptions> pools = PoolOptionsOf(spec.train().pool(), card, outlines);
    for (size_t i = 0; i < pools.size(); ++i) {
      const PoolOptions& pool = pools[i];
      cost.pool_bytes += KeptImages(pool, outlines[i]) * pool.channels * pool.height * pool.width;
    }
  }
  DFKD_ASSIGN_OR_RETURN(const int64_t step_bytes, StepBytes(TeacherModel(spec, related),
                                                            spec.student().model(), card, outline));
  cost.peak_bytes = kBaseBytes + cost.pool_bytes + step_bytes;
  return cost;
}

std::string Bytes(int64_t bytes) {
  if (bytes >= int64_t{1} << 30) return absl::StrFormat("%.1f GiB", bytes / double{1 << 30});
  if (bytes >= int64_t{10} << 20) return absl::StrFormat("%.0f MiB", bytes / double{1 << 20});
  return absl::StrFormat("%.1f MiB", bytes / double{1 << 20});
}

}  // namespace

absl::StatusOr<Capabilities> GivenCapabilities(const Experiment& spec) {
  DFKD_ASSIGN_OR_RETURN(const RelatedSpecs related, ResolveRelated(spec));
  DFKD_ASSIGN_OR_RETURN(const Contract method,
                        Registry<Method>::Get().GetContract(spec.method(), "method"));
  return Given(spec, related, method);
}

absl::Status CheckNeeds(Capabilities needs, Capabilities given, absl::string_view who) {
  const Capabilities missing = needs.Without(given);
  if (missing.empty()) return absl::OkStatus();
  return ConfigError(absl::StrCat(who, ": ", missing.ToString(),
                                  " needed, but not given by the rest of the experiment; ",
                                  Remedy(missing)));
}

absl::StatusOr<ExperimentCost> CheckExperiment(const Experiment& spec) {
  DFKD_RETURN_IF_ERROR(ParseDevice(spec.train().device(), "train.device").status());
  DFKD_RETURN_IF_ERROR(CheckTeacherSpec(spec));
  DFKD_RETURN_IF_ERROR(CheckStudentSpec(spec));
  DFKD_ASSIGN_OR_RETURN(const RelatedSpecs related, ResolveRelated(spec));
  DFKD_ASSIGN_OR_RETURN(const Contract method,
                        Registry<Method>::Get().GetContract(spec.method(), "method"));
  DFKD_RETURN_IF_ERROR(CheckSteps(spec, method));
  DFKD_RETURN_IF_ERROR(CheckPixels(spec, related));
  DFKD_RETURN_IF_ERROR(CheckContracts(spec, related, method));
  DFKD_RETURN_IF_ERROR(CheckEvaluation(spec, related, method));
  DFKD_RETURN_IF_ERROR(CheckPatches(spec, related));
  DFKD_RETURN_IF_ERROR(CheckEmbeddings(spec, related));
  DFKD_RETURN_IF_ERROR(CheckRelated(related));
  return EstimateCost(spec, related, method);
}

absl::Status CheckResources(const ExperimentCost& cost, const std::string& dir) {
  struct sysinfo info;
  if (sysinfo(&info) == 0) {
    const int64_t memory = static_cast<int64_t>(info.totalram) * info.mem_unit;
    if (cost.peak_bytes > memory) {
      return ConfigError(absl::StrCat("the run needs about ", Bytes(cost.peak_bytes),
                                      " of memory (its pool ", Bytes(cost.pool_bytes),
                                      "), this machine has ", Bytes(memory),
                                      "; set train.pool.max_images or a smaller batch_size"));
    }
  }
  DFKD_ASSIGN_OR_RETURN(const int64_t free, FreeBytes(dir));
  if (cost.pool_bytes > free) {
    return StorageError(
        absl::StrCat(dir, ": the pool will take ", Bytes(cost.pool_bytes), ", ", Bytes(free),
                     " are free; set train.pool.max_images or another --output_dir"));
  }
  return absl::OkStatus();
}

std::string DescribeCost(const ExperimentCost& cost) {
  return absl::StrFormat(
      "  images synthesised   %d\n  images through T     %d\n  student steps        %d\n"
      "  pool                 %s\n  peak memory, %s %s\n",
      cost.images, cost.teacher_forwards, cost.student_steps, Bytes(cost.pool_bytes),
      cost.measured ? "measured" : "about  ", Bytes(cost.peak_bytes));
}

}  // namespace dfkd
