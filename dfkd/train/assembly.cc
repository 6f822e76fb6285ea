#include "dfkd/train/assembly.h"

#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/models/model_factory.h"
#include "dfkd/train/loss_context.h"
#include "dfkd/train/model_weights.h"
#include "dfkd/train/pool_budget.h"
#include "dfkd/train/precision.h"
#include "dfkd/weights/weights.h"

namespace dfkd {
namespace {

absl::Status OpenData(const AssemblyOptions& options, Assembly* parts) {
  const Experiment& spec = *options.spec;
  TeacherCard declared;
  if (spec.has_data()) {
    DatasetContext context;
    if (options.teacher != nullptr) {
      context.height = options.teacher->card().height();
      context.width = options.teacher->card().width();
    }
    DFKD_ASSIGN_OR_RETURN(
        parts->data, Registry<Dataset>::Get().Create(spec.data().source(), context, "data.source"));
    declared = parts->data->card();
  }
  if (options.teacher != nullptr) {
    parts->card = options.teacher->card();
    if (parts->data == nullptr) return absl::OkStatus();
    return MergeCards({{"the teacher", &parts->card}, {"the data set", &declared}}).status();
  }
  DFKD_ASSIGN_OR_RETURN(parts->card,
                        MergeCards({{"teacher.card", &spec.teacher().card()},
                                    {"the data set", parts->data ? &declared : nullptr}}));
  return absl::OkStatus();
}

absl::Status MakeStudent(const AssemblyOptions& options, Assembly* parts) {
  const Experiment& spec = *options.spec;
  const TeacherCard& card = parts->card;
  ModelContext context = ContextOf(card);
  context.init = &parts->streams.Get("student_init");
  context.dropout = &parts->streams.Get("student_dropout");
  const ModelSpec& model = spec.student().model();
  DFKD_ASSIGN_OR_RETURN(parts->student, CreateModel(model, context, "student.model"));
  if (!model.weights().empty()) {
    DFKD_ASSIGN_OR_RETURN(WeightFile file, ReadWeights(model.weights()));
    DFKD_RETURN_IF_ERROR(LoadInto(file, parts->student.get(), model.weights()));
  }
  parts->student->To(options.device);
  parts->student->ToChannelsLast();
  DFKD_ASSIGN_OR_RETURN(parts->normalizer,
                        Normalizer::Create(card.normalization(), card.channels(), options.device));
  return absl::OkStatus();
}

absl::Status MakePatchPositions(const AssemblyOptions& options, Assembly* parts) {
  const TrainSpec& train = options.spec->train();
  if (!train.has_patch_sampler()) return absl::OkStatus();
  const Model* teacher = options.teacher == nullptr ? nullptr : &options.teacher->model();
  DFKD_ASSIGN_OR_RETURN(parts->patch_positions,
                        PatchPositions::Create(train.patch_sampler(), teacher, *parts->student));
  return absl::OkStatus();
}

absl::Status MakeStepper(const AssemblyOptions& options, Assembly* parts) {
  const Experiment& spec = *options.spec;
  StudentStepperContext context;
  context.student = parts->student.get();
  context.teacher = options.teacher;
  context.normalizer = &*parts->normalizer;
  context.patch_positions = parts->patch_positions.get();
  context.streams = &parts->streams;
  context.means = &parts->means;
  context.budget = &parts->budget;
  context.card = &parts->card;
  context.epochs = spec.train().epochs();
  context.device = options.device;
  context.precision = ChoosePrecision(spec.train().precision(), options.device);
  DFKD_ASSIGN_OR_RETURN(parts->stepper, StudentStepper::Create(spec.student(), context));
  return absl::OkStatus();
}

absl::Status OpenPools(const AssemblyOptions& options, Assembly* parts) {
  const Experiment& spec = *options.spec;
  DFKD_ASSIGN_OR_RETURN(const Contract contract,
                        Registry<Method>::Get().GetContract(spec.method(), "method"));
  if (!contract.provides.Has(Capability::kPool)) return absl::OkStatus();
  DFKD_ASSIGN_OR_RETURN(const MethodOutline outline,
                        Registry<Method>::Get().GetOutline(spec.method(), spec, "method"));
  const std::vector<PoolOptions> pools =
      PoolOptionsOf(spec.train().pool(), parts->card, PoolsOf(outline, parts->card));
  DFKD_ASSIGN_OR_RETURN(parts->pools, PoolSet::Open(JoinPath(options.dir, "pool"), pools,
                                                    options.device, options.files));
  return absl::OkStatus();
}

absl::Status MakeMethod(const AssemblyOptions& options, Assembly* parts) {
  const Experiment& spec = *options.spec;
  MethodServices services;
  services.card = &parts->card;
  services.teacher = options.teacher;
  services.student = parts->student.get();
  services.stepper = parts->stepper.get();
  services.data = parts->data.get();
  services.pools = parts->pools.get();
  services.hold_out = parts->evaluator->holds_out();
  services.patch_positions = parts->patch_positions.get();
  services.streams = &parts->streams;
  services.means = &parts->means;
  services.budget = &parts->budget;
  services.progress = options.progress;
  services.epochs = spec.train().epochs();
  services.device = options.device;
  services.precision = ChoosePrecision(spec.train().precision(), options.device);
  if (options.adjust_services) options.adjust_services(&services);
  DFKD_ASSIGN_OR_RETURN(parts->method,
                        Registry<Method>::Get().Create(spec.method(), services, "method"));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Assembly>> Assembly::Create(const AssemblyOptions& options) {
  const Experiment& spec = *options.spec;
  auto parts = std::make_unique<Assembly>(spec.train().seed());
  DFKD_RETURN_IF_ERROR(OpenData(options, parts.get()));
  DFKD_RETURN_IF_ERROR(MakeStudent(options, parts.get()));
  DFKD_RETURN_IF_ERROR(MakePatchPositions(options, parts.get()));
  DFKD_RETURN_IF_ERROR(MakeStepper(options, parts.get()));
  DFKD_RETURN_IF_ERROR(OpenPools(options, parts.get()));
  parts->evaluator = std::make_unique<Evaluator>(
      EvaluatorContext{&spec.evaluation(), &parts->card, options.teacher, parts->data.get(),
                       parts->pools.get(), options.device});
  DFKD_RETURN_IF_ERROR(parts->evaluator->CheckSelection());
  DFKD_RETURN_IF_ERROR(MakeMethod(options, parts.get()));
  return parts;
}

}  // namespace dfkd
