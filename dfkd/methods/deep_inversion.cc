// DeepInversion (Yin et al., CVPR 2020), and Adaptive DeepInversion.
//
// A round:
//   a few times: labels y, pixels x ~ N(0, 1) in the teacher's normalised units; phase by phase, x
//                takes gradient steps on the weighted losses over the teacher's (and, with a
//                competition loss, the student's) view of augment(pool(x)), each followed by a cut
//                to what an image can hold; x goes to the image pool
//   after the warm-up: the student takes its steps on batches of the pool
//
// The released code ends with the images. That the student learns from a growing pool between the
// batches, and at which temperature, is CMI's port of it (docs/differences.md). Pixels are kept
// normalised, as there, because that is the unit of the published learning rates.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/augmentations/augmentation_list.h"
#include "dfkd/augmentations/normalizer.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/losses/loss_set.h"
#include "dfkd/methods/deep_inversion.pb.h"
#include "dfkd/methods/method.h"
#include "dfkd/methods/method_parts.h"
#include "dfkd/optimizers/optimizer.h"
#include "dfkd/pool/pool_set.h"
#include "dfkd/report/budget.h"
#include "dfkd/report/progress.h"
#include "dfkd/report/recorder.h"
#include "dfkd/samplers/label_sampler.h"
#include "dfkd/schedules/schedule.h"
#include "dfkd/train/finite.h"
#include "dfkd/train/pool_epoch.h"
#include "dfkd/train/stopwatch.h"
#include "dfkd/train/student_stepper.h"
#include "dfkd/train/synthesis_loss.h"
#include "dfkd/train/teacher.h"

namespace dfkd {
namespace {

// A batch of images as parameters, normalised: [B, C, H, W].
class Pixels : public Module {
 public:
  explicit Pixels(const at::Tensor& start)
      : value(AddParameter("pixels", start.contiguous(at::MemoryFormat::ChannelsLast))) {}
  at::Tensor value;
};

// The batch that is being made, and the best of it so far.
struct Batch {
  at::Tensor labels;
  std::unique_ptr<Pixels> pixels;
  at::Tensor kept;
  double least = std::numeric_limits<double>::infinity();
};

class DeepInversion : public Method {
 public:
  using Config = DeepInversionConfig;

  static Contract GetContract(const Config& config) {
    Contract contract;
    contract.needs = NeedsOfLosses(config.losses());
    contract.provides = {Capability::kLabels, Capability::kStudentOutput, Capability::kPool,
                         Capability::kImages};
    return contract;
  }

  static MethodOutline GetOutline(const Config& config, const Experiment& experiment) {
    const int64_t epochs = experiment.train().epochs();
    const int64_t batches = (config.warmup_epochs() + epochs) * config.batches_per_epoch();
    return OutlineOfOnePool(experiment, batches, config.batch_size(), StepsPerBatch(config));
  }

  static absl::StatusOr<std::unique_ptr<Method>> Create(const Config& config,
                                                        const MethodServices& services) {
    DFKD_RETURN_IF_ERROR(RequireTeacher(Config::descriptor()->name(), services));
    DFKD_RETURN_IF_ERROR(RequireStudentSteps("the pool grows without end", services));
    auto method = std::make_unique<DeepInversion>(config, services);
    DFKD_RETURN_IF_ERROR(method->Init());
    return method;
  }

  DeepInversion(const Config& config, const MethodServices& services)
      : config_(config), services_(services) {}

  int64_t rounds() const override { return config_.warmup_epochs() + services_.epochs; }

  int64_t StepsIn(int64_t round) const override {
    return config_.batches_per_epoch() * StepsPerBatch(config_) +
           (InWarmup(round) ? 0 : services_.stepper->steps_per_epoch());
  }

  absl::Status Round(int64_t round) override {
    losses_->SetEnabledWhereNeeded(Capability::kStudentOutput, !InWarmup(round));
    services_.student->Eval();
    services_.student->RequireGrad(false);
    for (int64_t batch = 0; batch < config_.batches_per_epoch(); ++batch) {
      DFKD_RETURN_IF_ERROR(Annotate(InvertBatch(round), absl::StrCat("batch ", batch)));
    }
    services_.student->RequireGrad(true);
    return InWarmup(round) ? absl::OkStatus()
                           : TrainStudentOnPool(round - config_.warmup_epochs(), services_);
  }

  // Pixels and their optimiser live within a round.
  void Save(StateWriter writer) const override { losses_->Save(writer.Scope("losses")); }
  absl::Status Load(const StateReader& reader) override {
    return losses_->Load(reader.Scope("losses"));
  }

 private:
  static int64_t StepsPerBatch(const Config& config) {
    int64_t steps = 0;
    for (const Config::Phase& phase : config.phases()) steps += phase.steps();
    return steps;
  }

  bool InWarmup(int64_t round) const { return round < config_.warmup_epochs(); }

  absl::Status Init() {
    const TeacherCard& card = *services_.card;
    DFKD_ASSIGN_OR_RETURN(losses_, CreateLosses(config_.losses(), services_));
    DFKD_ASSIGN_OR_RETURN(
        augmentations_, AugmentationList::Create(config_.augmentations(), "method.augmentations"));
    DFKD_ASSIGN_OR_RETURN(
        sampler_, Registry<LabelSampler>::Get().Create(
                      config_.label_sampler(), {card.class_name_size()}, "method.label_sampler"));
    for (const Config::Phase& phase : config_.phases()) {
      DFKD_RETURN_IF_ERROR(CheckPooling(phase));
      std::unique_ptr<Schedule> schedule;
      if (config_.has_schedule()) {
        DFKD_ASSIGN_OR_RETURN(schedule,
                              Registry<Schedule>::Get().Create(config_.schedule(), {phase.steps()},
                                                               "method.schedule"));
      }
      schedules_.push_back(std::move(schedule));
    }
    const Normalizer& door = services_.teacher->normalizer();
    black_ = door.Apply(at::zeros({1, card.channels(), 1, 1}).to(services_.device));
    white_ = door.Apply(at::ones({1, card.channels(), 1, 1}).to(services_.device));
    return absl::OkStatus();
  }

  absl::Status CheckPooling(const Config::Phase& phase) const {
    const int size = std::min(services_.card->height(), services_.card->width());
    if (phase.pooling() <= size) return absl::OkStatus();
    return ConfigError(absl::StrCat("method.phases: pooling is ", phase.pooling(),
                                    "; must be at most the teacher's image size (", size, ")"));
  }

  absl::Status InvertBatch(int64_t round) {
    const Stopwatch stopwatch(services_.budget, "synthesis");
    const TeacherCard& card = *services_.card;
    Batch batch;
    batch.labels = sampler_->Sample(config_.batch_size(), services_.streams->Get("labels"))
                       .to(services_.device);
    batch.pixels = std::make_unique<Pixels>(
        services_.streams->Get("noise_images")
            .Normal({config_.batch_size(), card.channels(), card.height(), card.width()})
            .to(services_.device));
    for (int phase = 0; phase < config_.phases_size(); ++phase) {
      DFKD_RETURN_IF_ERROR(RunPhase(phase, &batch));
    }
    if (config_.keep() == Config::LAST) batch.kept = batch.pixels->value.detach();
    losses_->EndBatch();
    services_.means->Add("loss_images", batch.least);
    services_.budget->images += config_.batch_size();
    services_.budget->pixels += int64_t{config_.batch_size()} * card.height() * card.width();
    return services_.pools->pool().Append(services_.teacher->normalizer().Invert(batch.kept),
                                          batch.labels, round);
  }

  absl::Status RunPhase(int phase, Batch* batch) {
    DFKD_ASSIGN_OR_RETURN(
        const std::unique_ptr<Optimizer> optimizer,
        Registry<Optimizer>::Get().Create(config_.optimizer(), {batch->pixels->Parameters()},
                                          "method.optimizer"));
    const Schedule* schedule = schedules_[phase].get();
    for (int64_t step = 0; step < config_.phases(phase).steps(); ++step) {
      DFKD_RETURN_IF_ERROR(services_.CheckStop());
      if (schedule != nullptr) {
        optimizer->set_learning_rate(schedule->LearningRate(optimizer->base_learning_rate(), step));
      }
      DFKD_RETURN_IF_ERROR(Annotate(Step(config_.phases(phase).pooling(), *optimizer, batch),
                                    absl::StrCat("phase ", phase, ", step ", step)));
      services_.progress->Advance();
    }
    return absl::OkStatus();
  }

  absl::Status Step(int64_t pooling, Optimizer& optimizer, Batch* batch) {
    at::Tensor& pixels = batch->pixels->value;
    at::Tensor images = services_.teacher->normalizer().Invert(pixels);
    if (pooling > 1) images = at::avg_pool2d(images, {pooling, pooling});
    DFKD_ASSIGN_OR_RETURN(const at::Tensor loss, SynthesisLoss(services_, *augmentations_, *losses_,
                                                               images, batch->labels));
    optimizer.ZeroGrad();
    loss.backward();
    DFKD_RETURN_IF_ERROR(CheckFiniteGradients(*batch->pixels, "images"));
    optimizer.Step();
    at::NoGradGuard no_grad;
    if (config_.clip()) pixels.clamp_(black_, white_);
    const double value = loss.item<double>();
    if (value < batch->least) {
      batch->least = value;
      if (config_.keep() == Config::BEST) batch->kept = pixels.detach().clone();
    }
    return absl::OkStatus();
  }

  const Config config_;
  const MethodServices services_;
  std::unique_ptr<LabelSampler> sampler_;
  std::unique_ptr<AugmentationList> augmentations_;
  std::unique_ptr<LossSet> losses_;
  std::vector<std::unique_ptr<Schedule>> schedules_;  // one per phase; null: constant rate
  at::Tensor black_, white_;                          // [1, C, 1, 1], normalised
};

DFKD_REGISTER_PLUGIN(Method, DeepInversion);

}  // namespace
}  // namespace dfkd
