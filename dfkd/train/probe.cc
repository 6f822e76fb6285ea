#include "dfkd/train/probe.h"

#include <ATen/ops/arange.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/core/stop.h"
#include "dfkd/metrics/evaluate_model.h"
#include "dfkd/report/progress.h"
#include "dfkd/report/silent_display.h"
#include "dfkd/train/assembly.h"
#include "dfkd/train/pool_views.h"

namespace dfkd {
namespace {

constexpr int64_t kProbedBatches = 3;  // of evaluation

// Shows nothing; tells `times` of each step.
class TimedProgress : public Progress {
 public:
  explicit TimedProgress(StepTimes* times)
      : Progress("probe", 1, "steps", absl::InfiniteDuration(), SilentDisplay()), times_(times) {}
  void Advance(int64_t steps) override { times_->Advance(steps); }

 private:
  StepTimes* times_;
};

// The student's stepper; tells `times` of each update, and leaves out those that it does not need.
class TimedStepper : public StudentStepper {
 public:
  TimedStepper(StudentStepper* stepper, StepTimes* times) : stepper_(*stepper), times_(times) {}

  void BeginEpoch(int64_t epoch) override { stepper_.BeginEpoch(epoch); }
  absl::Status Step(absl::Span<const StudentBatch> batches) override {
    return times_->BeginStudentStep() ? stepper_.Step(batches) : absl::OkStatus();
  }
  int64_t batch_size() const override { return stepper_.batch_size(); }
  int64_t steps_per_epoch() const override { return stepper_.steps_per_epoch(); }
  double learning_rate() const override { return stepper_.learning_rate(); }
  void Save(StateWriter writer) const override { stepper_.Save(writer); }
  absl::Status Load(const StateReader& reader) override { return stepper_.Load(reader); }

 private:
  StudentStepper& stepper_;
  StepTimes* times_;
};

// The first images of a split.
class Head : public Split {
 public:
  Head(const Split& split, int64_t size)
      : split_(split),
        size_(std::min(size, split.size())),
        labels_(split.labels().narrow(0, 0, size_)) {}
  int64_t size() const override { return size_; }
  absl::StatusOr<at::Tensor> Images(const at::Tensor& index) const override {
    return split_.Images(index);
  }
  const at::Tensor& labels() const override { return labels_; }
  bool has_masks() const override { return split_.has_masks(); }
  absl::StatusOr<at::Tensor> Masks(const at::Tensor& index) const override {
    return split_.Masks(index);
  }

 private:
  const Split& split_;
  const int64_t size_;
  const at::Tensor labels_;
};

// uint8 [count, C, H, W] of noise, and labels.
struct Noise {
  at::Tensor images, labels;
};
Noise DrawNoise(const TeacherCard& card, int64_t count, ImageSize size) {
  RandomStream random(0, "probe");
  return {random.Integers({count, card.channels(), size.height, size.width}, 0, 256).to(at::kByte),
          random.Integers({count}, 0, card.class_name_size())};
}
Noise DrawNoise(const TeacherCard& card, int64_t count) {
  return DrawNoise(card, count, {card.height(), card.width()});
}

// A stage, assembled anew, and what its method's steps took. Its members point to each other.
struct Probed {
  Probed(const ProbeOptions& options, bool has_own_steps)
      : times(kProbedSteps, has_own_steps, options.now), progress(&times) {}

  StepTimes times;
  TimedProgress progress;
  std::unique_ptr<TimedStepper> stepper;
  std::unique_ptr<Assembly> parts;
  int64_t steps = 0;  // of all rounds of the probed kind
};

absl::StatusOr<std::unique_ptr<Probed>> Assemble(const ProbeOptions& options,
                                                 const std::string& dir) {
  DFKD_ASSIGN_OR_RETURN(const Contract contract,
                        Registry<Method>::Get().GetContract(options.spec.method(), "method"));
  // A method that makes images has steps in which it does so.
  auto probed = std::make_unique<Probed>(options, contract.provides.Has(Capability::kImages));
  DFKD_RETURN_IF_ERROR(options.files->CreateDirectories(dir));
  AssemblyOptions assembly;
  assembly.spec = &options.spec;
  assembly.teacher = options.teacher;
  assembly.device = options.device;
  assembly.dir = dir;
  assembly.files = options.files;
  assembly.progress = &probed->progress;
  assembly.adjust_services = [p = probed.get()](MethodServices* services) {
    p->stepper = std::make_unique<TimedStepper>(services->stepper, &p->times);
    services->stepper = p->stepper.get();
    services->check_stop = [p] {
      DFKD_RETURN_IF_ERROR(CheckStopNow());
      return p->times.CheckStop();
    };
  };
  DFKD_ASSIGN_OR_RETURN(probed->parts, Assembly::Create(assembly));
  return probed;
}

// Runs the beginning of the first round in which the student learns, or of the first warm-up round.
// A method that was stopped within a round is not used again.
absl::StatusOr<std::unique_ptr<Probed>> ProbeRound(const ProbeOptions& options, bool warmup) {
  const std::string dir = JoinPath(options.scratch, warmup ? "warmup" : "learning");
  DFKD_ASSIGN_OR_RETURN(std::unique_ptr<Probed> probed, Assemble(options, dir));
  Assembly& parts = *probed->parts;
  const int64_t learns = parts.first_student_round(options.spec);
  const int64_t begin = warmup ? 0 : learns;
  const int64_t end = warmup ? learns : parts.method->rounds();
  for (int64_t round = begin; round < end; ++round) probed->steps += parts.method->StepsIn(round);
  // As a warm-up would have left.
  for (size_t i = 0; parts.pools != nullptr && !warmup && i < parts.pools->count(); ++i) {
    Pool& pool = parts.pools->pool(i);
    const Noise noise = DrawNoise(parts.card, 2 * parts.stepper->batch_size(),
                                  {pool.options().height, pool.options().width});
    DFKD_RETURN_IF_ERROR(pool.Append(noise.images, noise.labels, 0));
  }
  probed->times.Begin();
  const absl::Status status = parts.method->Round(begin);
  if (!status.ok() && probed->times.CheckStop().ok()) return Annotate(status, options.name);
  DFKD_RETURN_IF_ERROR(CheckStopNow());
  return probed;
}

// Of all steps of the rounds in which the student learns.
absl::StatusOr<int64_t> StudentSteps(const ProbeOptions& options, const Probed& probed) {
  DFKD_ASSIGN_OR_RETURN(
      const MethodOutline outline,
      Registry<Method>::Get().GetOutline(options.spec.method(), options.spec, "method"));
  if (outline.student_steps > 0) return std::min(outline.student_steps, probed.steps);
  return probed.times.StudentShare(probed.steps);
}

// Where the method's own steps came first, the student's are taken here, on noise.
absl::StatusOr<double> SecondsOfStudentStep(const ProbeOptions& options, const Probed& probed) {
  if (!probed.times.student().empty()) return SecondsPerStep(probed.times.student());
  Assembly& parts = *probed.parts;
  parts.student->RequireGrad(true);
  const Noise noise = DrawNoise(parts.card, parts.stepper->batch_size());
  parts.stepper->BeginEpoch(0);
  std::vector<double> seconds;
  for (int64_t step = 0; step < kProbedSteps; ++step) {
    DFKD_RETURN_IF_ERROR(CheckStopNow());
    const absl::Time began = options.now();
    DFKD_RETURN_IF_ERROR(Annotate(parts.stepper->Step(noise.images, noise.labels), options.name));
    seconds.push_back(absl::ToDoubleSeconds(options.now() - began));
  }
  return SecondsPerStep(seconds);
}

// Of one image of `split`, in the batches of evaluation. The first pass warms up.
template <typename Evaluate>
absl::StatusOr<double> SecondsPerImage(const ProbeOptions& options, const Split& split,
                                       Evaluate evaluate) {
  const int64_t batch = options.spec.evaluation().batch_size();
  DFKD_RETURN_IF_ERROR(evaluate(Head(split, batch)));
  const Head some(split, kProbedBatches * batch);
  if (some.size() == 0) return 0.0;
  const absl::Time began = options.now();
  DFKD_RETURN_IF_ERROR(evaluate(some));
  return absl::ToDoubleSeconds(options.now() - began) / static_cast<double>(some.size());
}

// All evaluations: the labelled splits, and where part of the pool is held out, that part, which
// grows with the pool and is half of its last size on average.
absl::StatusOr<StepCost> ProbeEvaluation(const ProbeOptions& options, const Probed& probed,
                                         int64_t pool_images) {
  Assembly& parts = *probed.parts;
  const EvaluationSpec& spec = options.spec.evaluation();
  const int64_t times = EvaluationsIn(options.spec.train().epochs(), spec.every());
  int64_t images = 0;
  double seconds = 0;  // of one evaluation
  for (const SplitName name : {SplitName::kTest, SplitName::kValidation}) {
    const Split* split = parts.data == nullptr ? nullptr : parts.data->split(name);
    if (split == nullptr) continue;
    DFKD_ASSIGN_OR_RETURN(
        const double each, SecondsPerImage(options, *split, [&](const Head& head) {
          return EvaluateModel(*parts.student, head, parts.card, spec.batch_size(), options.device)
              .status();
        }));
    images += split->size();
    seconds += each * static_cast<double>(split->size());
  }
  if (parts.evaluator->holds_out()) {
    const Noise noise = DrawNoise(parts.card, kProbedBatches * spec.batch_size());
    const MemorySplit split(noise.images, noise.labels);
    DFKD_ASSIGN_OR_RETURN(const double each, SecondsPerImage(options, split, [&](const Head& head) {
                            return EvaluateAgreement(*parts.student, options.teacher->model(), head,
                                                     parts.card, spec.batch_size(), options.device)
                                .status();
                          }));
    const int64_t held_out = pool_images / kHeldOutPeriod / 2;
    images += held_out;
    seconds += each * static_cast<double>(held_out);
  }
  if (images == 0) return StepCost{};
  return StepCost{times * images, seconds / static_cast<double>(images)};
}

// Images in the pool at the end.
absl::StatusOr<int64_t> PoolImages(const ProbeOptions& options, const Assembly& parts) {
  if (parts.pools == nullptr) return 0;
  DFKD_ASSIGN_OR_RETURN(
      const MethodOutline outline,
      Registry<Method>::Get().GetOutline(options.spec.method(), options.spec, "method"));
  int64_t images = 0;
  const auto count = static_cast<int64_t>(parts.pools->count());
  for (int64_t i = 0; i < count; ++i) {
    const int64_t limit = parts.pools->pool(i).options().max_images;
    const int64_t made = outline.images / count;
    images += limit > 0 ? std::min(limit, made) : made;
  }
  return images;
}

}  // namespace

int64_t EvaluationsIn(int64_t epochs, int64_t every) {
  return epochs / every + (epochs % every == 0 ? 0 : 1);
}

absl::StatusOr<StageEstimate> ProbeStage(const ProbeOptions& options) {
  StageEstimate estimate;
  estimate.name = options.name;
  DFKD_ASSIGN_OR_RETURN(const std::unique_ptr<Probed> learning, ProbeRound(options, false));
  DFKD_ASSIGN_OR_RETURN(estimate.student.steps, StudentSteps(options, *learning));
  DFKD_ASSIGN_OR_RETURN(estimate.student.seconds, SecondsOfStudentStep(options, *learning));
  estimate.own = {learning->steps - estimate.student.steps, SecondsPerStep(learning->times.own())};
  DFKD_ASSIGN_OR_RETURN(const int64_t pool_images, PoolImages(options, *learning->parts));
  DFKD_ASSIGN_OR_RETURN(estimate.evaluation, ProbeEvaluation(options, *learning, pool_images));
  if (learning->parts->first_student_round(options.spec) > 0) {
    DFKD_ASSIGN_OR_RETURN(const std::unique_ptr<Probed> warmup, ProbeRound(options, true));
    estimate.warmup = {warmup->steps, SecondsPerStep(warmup->times.own())};
  }
  return estimate;
}

}  // namespace dfkd
