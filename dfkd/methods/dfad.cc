// DFAD, Data-Free Adversarial Distillation (Fang et al., 2019), for classifiers of images or
// pixels.
//
// A round is an epoch of student.steps_per_epoch steps, without labels and without a pool:
//   student step: z ~ N(0, I), x = G(z) as a constant; one step of the student's own rule, its
//                 losses the difference of logits |S(x) - T(x)| as a rule
//   after every few of them, the generator's turn: fresh z; G takes a step on its weighted losses,
//                 minus that difference; gradients reach G through teacher and student
//
// The student stays in training mode throughout, as in the released code, so that the generator's
// batches move its BatchNorm statistics; `student_mode: EVAL` keeps them out.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/full.h>

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "dfkd/augmentations/augmentation_list.h"
#include "dfkd/augmentations/normalizer.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/generators/generator.h"
#include "dfkd/losses/loss_set.h"
#include "dfkd/methods/dfad.pb.h"
#include "dfkd/methods/method.h"
#include "dfkd/methods/method_parts.h"
#include "dfkd/optimizers/optimizer.h"
#include "dfkd/report/budget.h"
#include "dfkd/report/progress.h"
#include "dfkd/report/recorder.h"
#include "dfkd/schedules/schedule.h"
#include "dfkd/train/finite.h"
#include "dfkd/train/module_state.h"
#include "dfkd/train/precision.h"
#include "dfkd/train/stopwatch.h"
#include "dfkd/train/student_stepper.h"
#include "dfkd/train/synthesis_loss.h"
#include "dfkd/train/teacher.h"

namespace dfkd {
namespace {

class Dfad : public Method {
 public:
  using Config = DfadConfig;

  static Contract GetContract(const Config& config) {
    Contract contract;
    contract.needs = NeedsOfLosses(config.losses());
    contract.provides = {Capability::kStudentOutput, Capability::kImages};
    return contract;
  }

  static MethodOutline GetOutline(const Config& config, const Experiment& experiment) {
    const StudentSpec& student = experiment.student();
    const int64_t epochs = experiment.train().epochs();
    MethodOutline outline;
    outline.student_steps = epochs * student.steps_per_epoch();
    outline.images = outline.student_steps * student.batch_size();
    outline.teacher_forwards =
        outline.images +
        epochs * GeneratorSteps(config, student.steps_per_epoch()) * int64_t{config.batch_size()};
    outline.largest_batch = std::max(config.batch_size(), student.batch_size());
    if (config.image_size() > 0) {
      outline.pools.push_back({.size = {config.image_size(), config.image_size()},
                               .images = outline.images,
                               .student_batch = 0});
    }
    return outline;
  }

  static absl::StatusOr<std::unique_ptr<Method>> Create(const Config& config,
                                                        const MethodServices& services) {
    DFKD_RETURN_IF_ERROR(RequireTeacher(Config::descriptor()->name(), services));
    if (services.stepper->steps_per_epoch() < config.student_steps()) {
      return ConfigError(
          absl::StrCat("student.steps_per_epoch is ", services.stepper->steps_per_epoch(),
                       "; must be at least method.student_steps (", config.student_steps(),
                       "), or the generator never has its turn"));
    }
    auto dfad = std::make_unique<Dfad>(config, services);
    DFKD_RETURN_IF_ERROR(dfad->Init());
    return dfad;
  }

  Dfad(const Config& config, const MethodServices& services)
      : config_(config), services_(services) {}

  int64_t rounds() const override { return services_.epochs; }

  int64_t StepsIn(int64_t) const override {
    const int64_t student_steps = services_.stepper->steps_per_epoch();
    return student_steps + GeneratorSteps(config_, student_steps);
  }

  absl::Status Round(int64_t round) override {
    if (schedule_ != nullptr) {
      optimizer_->set_learning_rate(
          schedule_->LearningRate(optimizer_->base_learning_rate(), round));
    }
    services_.stepper->BeginEpoch(round);
    for (int64_t step = 0; step < services_.stepper->steps_per_epoch(); ++step) {
      DFKD_RETURN_IF_ERROR(services_.CheckStop());
      DFKD_RETURN_IF_ERROR(Annotate(StudentStep(), absl::StrCat("student step ", step)));
      services_.progress->Advance();
      if ((step + 1) % config_.student_steps() != 0) continue;
      for (int64_t turn = 0; turn < config_.generator_steps(); ++turn) {
        DFKD_RETURN_IF_ERROR(
            Annotate(GeneratorStep(), absl::StrCat("generator step after student step ", step)));
        services_.progress->Advance();
      }
    }
    return absl::OkStatus();
  }

  // As the generator would make them in use, with its running statistics; each image under the
  // class that the teacher sees in it.
  Samples Sample(int64_t count) override {
    at::NoGradGuard no_grad;
    RandomStream stream(0, "samples");  // not the run's: each picture shows the same noise
    generator_->Eval();
    Samples samples;
    samples.images = Generate(stream.Normal({count, config_.latent_size()})).clamp(0, 1);
    generator_->Train();
    const Teacher& teacher = *services_.teacher;
    const at::Tensor logits =
        teacher.model().Forward(teacher.normalizer().Apply(samples.images)).logits;
    // Where each pixel has a class, the image has none.
    samples.labels = logits.dim() == 2 ? logits.argmax(1) : at::full({count}, -1, at::kLong);
    return samples;
  }

  void Save(StateWriter writer) const override {
    SaveModule(*generator_, writer.Scope("generator"));
    optimizer_->Save(writer.Scope("optimizer"));
    losses_->Save(writer.Scope("losses"));
  }

  absl::Status Load(const StateReader& reader) override {
    DFKD_RETURN_IF_ERROR(LoadModule(reader.Scope("generator"), generator_.get()));
    DFKD_RETURN_IF_ERROR(optimizer_->Load(reader.Scope("optimizer")));
    return losses_->Load(reader.Scope("losses"));
  }

 private:
  // In an epoch.
  static int64_t GeneratorSteps(const Config& config, int64_t student_steps) {
    return student_steps / config.student_steps() * config.generator_steps();
  }

  // Of the generator's images.
  ImageSize Size() const {
    if (config_.image_size() == 0) return TeacherImageSize(services_);
    return {config_.image_size(), config_.image_size()};
  }

  absl::Status Init() {
    DFKD_ASSIGN_OR_RETURN(losses_, CreateLosses(config_.losses(), services_));
    DFKD_ASSIGN_OR_RETURN(augmentations_, AugmentationList::Create({}, "method.augmentations"));
    DFKD_ASSIGN_OR_RETURN(generator_,
                          CreateGenerator(config_.generator(), config_.latent_size(), Size(),
                                          services_.streams->Get("generator_init"), services_));
    DFKD_ASSIGN_OR_RETURN(optimizer_,
                          Registry<Optimizer>::Get().Create(
                              config_.optimizer(), {generator_->Parameters()}, "method.optimizer"));
    if (config_.has_schedule()) {
      DFKD_ASSIGN_OR_RETURN(schedule_,
                            Registry<Schedule>::Get().Create(config_.schedule(), {services_.epochs},
                                                             "method.schedule"));
    }
    return absl::OkStatus();
  }

  // latent [N, latent_size], as drawn, on the CPU -> [N, C, H, W]
  at::Tensor Generate(const at::Tensor& latent) {
    const PrecisionScope precision(services_.precision);
    return generator_->Forward(latent.to(services_.device)).to(at::kFloat);
  }

  at::Tensor FreshImages(int64_t count) {
    return Generate(services_.streams->Get("latent").Normal({count, config_.latent_size()}));
  }

  absl::Status StudentStep() {
    at::Tensor images;
    {
      const Stopwatch stopwatch(services_.budget, "synthesis");
      at::NoGradGuard no_grad;
      images = FreshImages(services_.stepper->batch_size());
    }
    services_.budget->images += images.size(0);
    services_.budget->pixels += images.size(0) * images.size(2) * images.size(3);
    const Stopwatch stopwatch(services_.budget, "student");
    return services_.stepper->Step(images, /*labels=*/{});
  }

  absl::Status GeneratorStep() {
    const Stopwatch stopwatch(services_.budget, "synthesis");
    services_.student->Train(config_.student_mode() == Config::TRAIN);
    services_.student->RequireGrad(false);
    DFKD_ASSIGN_OR_RETURN(const at::Tensor loss, SynthesisLoss(services_, *augmentations_, *losses_,
                                                               FreshImages(config_.batch_size()),
                                                               /*labels=*/{}));
    optimizer_->ZeroGrad();
    loss.backward();
    services_.student->RequireGrad(true);
    DFKD_RETURN_IF_ERROR(CheckFiniteGradients(*generator_, "generator"));
    optimizer_->Step();
    losses_->EndBatch();
    services_.means->Add("loss_generator", loss);
    return absl::OkStatus();
  }

  const Config config_;
  const MethodServices services_;
  std::unique_ptr<AugmentationList> augmentations_;  // none
  std::unique_ptr<LossSet> losses_;
  std::unique_ptr<Generator> generator_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<Schedule> schedule_;  // null: constant rate
};

DFKD_REGISTER_PLUGIN(Method, Dfad);

}  // namespace
}  // namespace dfkd
