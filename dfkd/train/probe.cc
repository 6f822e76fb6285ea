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
#include "dfkd/train/pool_budget.h"
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

absl::StatusOr<MethodOutline> OutlineOf(const Experiment& spec) {
  return Registry<Method>::Get().GetOutline(spec.method(), spec, "method");
}

// As a warm-up would have left the pools: each holds enough for two of the student's batches.
absl::Status FillPools(const ProbeOptions& options, const Assembly& parts) {
  if (parts.pools == nullptr) return absl::OkStatus();
  DFKD_ASSIGN_OR_RETURN(const MethodOutline outline, OutlineOf(options.spec));
  const std::vector<PoolOutline> pools = PoolsOf(outline, parts.card);
  for (size_t i = 0; i < pools.size(); ++i) {
    const int64_t batch =
        pools[i].student_batch > 0 ? pools[i].student_batch : parts.stepper->batch_size();
    const Noise noise = DrawNoise(parts.card, 2 * batch, pools[i].size);
    DFKD_RETURN_IF_ERROR(parts.pools->pool(i).Append(noise.images, noise.labels, 0));
  }
  return absl::OkStatus();
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
  if (!warmup) DFKD_RETURN_IF_ERROR(FillPools(options, parts));
  probed->times.Begin();
  const absl::Status status = parts.method->Round(begin);
  if (!status.ok() && probed->times.CheckStop().ok()) return Annotate(status, options.name);
  DFKD_RETURN_IF_ERROR(CheckStopNow());
  return probed;
}

// Of all steps of the rounds in which the student learns.
absl::StatusOr<int64_t> StudentSteps(const ProbeOptions& options, const Probed& probed) {
  DFKD_ASSIGN_OR_RETURN(const MethodOutline outline, OutlineOf(options.spec));
  if (outline.student_steps > 0) return std::min(outline.student_steps, probed.steps);
  return probed.times.StudentShare(probed.steps);
}

// A few of the student's steps on noise, of one turn.
absl::StatusOr<double> SecondsOfTurn(const ProbeOptions& options, const Assembly& parts,
                                     const std::vector<PoolOutline>& turn) {
  std::vector<StudentBatch> batches;
  for (const PoolOutline& pool : turn) {
    const Noise noise = DrawNoise(parts.card, pool.student_batch, pool.size);
    batches.push_back({.images = noise.images, .labels = noise.labels, .index = {}});
  }
  std::vector<double> seconds;
  for (int64_t step = 0; step < kProbedSteps; ++step) {
    DFKD_RETURN_IF_ERROR(CheckStopNow());
    const absl::Time began = options.now();
    DFKD_RETURN_IF_ERROR(Annotate(parts.stepper->Step(batches), options.name));
    seconds.push_back(absl::ToDoubleSeconds(options.now() - began));
  }
  return SecondsPerStep(seconds);
}

// Where the method's own steps came first, or the student's differ by turns, those are taken here.
absl::StatusOr<double> SecondsOfStudentStep(const ProbeOptions& options, const Probed& probed) {
  const Assembly& parts = *probed.parts;
  DFKD_ASSIGN_OR_RETURN(const MethodOutline outline, OutlineOf(options.spec));
  const std::vector<std::vector<PoolOutline>> turns =
      StudentTurns(outline, parts.card, parts.stepper->batch_size());
  if (!probed.times.student().empty() && turns.size() == 1) {
    return SecondsPerStep(probed.times.student());
  }
  parts.student->RequireGrad(true);
  parts.stepper->BeginEpoch(0);
  double sum = 0;
  for (const std::vector<PoolOutline>& turn : turns) {
    DFKD_ASSIGN_OR_RETURN(const double seconds, SecondsOfTurn(options, parts, turn));
    sum += seconds;
  }
  return sum / static_cast<double>(turns.size());
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

// Images, and the seconds that each of them takes.
struct EvaluatedImages {
  int64_t images = 0;
  double seconds = 0;  // of all

  void Add(int64_t more, double each) {
    images += more;
    seconds += each * static_cast<double>(more);
  }
};

// What is held out of the pools, which grows with them and is half of its last size on average.
absl::Status ProbeHeldOut(const ProbeOptions& options, const Assembly& parts,
                          EvaluatedImages* evaluated) {
  const int64_t batch = options.spec.evaluation().batch_size();
  DFKD_ASSIGN_OR_RETURN(const MethodOutline outline, OutlineOf(options.spec));
  const std::vector<PoolOutline> pools = PoolsOf(outline, parts.card);
  for (size_t i = 0; i < pools.size(); ++i) {
    const Noise noise = DrawNoise(parts.card, kProbedBatches * batch, pools[i].size);
    const MemorySplit split(noise.images, noise.labels);
    DFKD_ASSIGN_OR_RETURN(const double each, SecondsPerImage(options, split, [&](const Head& head) {
                            return EvaluateAgreement(*parts.student, options.teacher->model(), head,
                                                     parts.card, batch, options.device)
                                .status();
                          }));
    evaluated->Add(KeptImages(parts.pools->pool(i).options(), pools[i]) / kHeldOutPeriod / 2, each);
  }
  return absl::OkStatus();
}

// All evaluations: the labelled splits, and where part of the pools is held out, that part.
absl::StatusOr<StepCost> ProbeEvaluation(const ProbeOptions& options, const Assembly& parts) {
  const EvaluationSpec& spec = options.spec.evaluation();
  EvaluatedImages evaluated;  // at once
  for (const SplitName name : {SplitName::kTest, SplitName::kValidation}) {
    const Split* split = parts.data == nullptr ? nullptr : parts.data->split(name);
    if (split == nullptr) continue;
    DFKD_ASSIGN_OR_RETURN(
        const double each, SecondsPerImage(options, *split, [&](const Head& head) {
          return EvaluateModel(*parts.student, head, parts.card, spec.batch_size(), options.device)
              .status();
        }));
    evaluated.Add(split->size(), each);
  }
  if (parts.evaluator->holds_out()) {
    DFKD_RETURN_IF_ERROR(ProbeHeldOut(options, parts, &evaluated));
  }
  if (evaluated.images == 0) return StepCost{};
  const int64_t times = EvaluationsIn(options.spec.train().epochs(), spec.every());
  return StepCost{times * evaluated.images,
                  evaluated.seconds / static_cast<double>(evaluated.images)};
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
  DFKD_ASSIGN_OR_RETURN(estimate.evaluation, ProbeEvaluation(options, *learning->parts));
  if (learning->parts->first_student_round(options.spec) > 0) {
    DFKD_ASSIGN_OR_RETURN(const std::unique_ptr<Probed> warmup, ProbeRound(options, true));
    estimate.warmup = {warmup->steps, SecondsPerStep(warmup->times.own())};
  }
  return estimate;
}

}  // namespace dfkd
