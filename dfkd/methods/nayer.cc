// NAYER (Tran et al., CVPR 2024), Algorithm 1.
//
// A round:
//   a few times: labels y -> rows e_y -> noisy layers, weights re-drawn -> generator -> images x;
//                generator and noisy layers take g steps on the weighted losses over the teacher's
//                (and, after the warm-up, the student's) view of augment(x); x goes to the pool
//   after the warm-up: the student takes its steps on batches of the pool
//
// Where the official code departs from the paper, a key of NayerConfig, of the generator, of its
// input or of a loss decides; the presets "paper" and "official" set them all
// (docs/differences.md).
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/augmentations/augmentation_list.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/encoders/encoder.h"
#include "dfkd/encoders/encoder_factory.h"
#include "dfkd/generators/generator.h"
#include "dfkd/generators/generator_input.h"
#include "dfkd/losses/loss_set.h"
#include "dfkd/methods/method.h"
#include "dfkd/methods/nayer.pb.h"
#include "dfkd/optimizers/optimizer.h"
#include "dfkd/pool/pool.h"
#include "dfkd/report/budget.h"
#include "dfkd/report/progress.h"
#include "dfkd/report/recorder.h"
#include "dfkd/samplers/label_sampler.h"
#include "dfkd/train/finite.h"
#include "dfkd/train/module_state.h"
#include "dfkd/train/pool_epoch.h"
#include "dfkd/train/precision.h"
#include "dfkd/train/stopwatch.h"
#include "dfkd/train/student_stepper.h"
#include "dfkd/train/synthesis_loss.h"

namespace dfkd {
namespace {

class Nayer : public Method {
 public:
  using Config = NayerConfig;

  static Contract GetContract(const Config& config) {
    Contract contract;
    // A spec with bad losses is refused by the check of its fields; here it needs nothing.
    contract.needs = LossSet::Needs(config.losses(), "losses").value_or(Capabilities()) |
                     Capabilities{Capability::kTeacherOutput};
    contract.provides = {Capability::kLabels, Capability::kClassRows, Capability::kStudentOutput,
                         Capability::kPool, Capability::kImages};
    return contract;
  }

  static MethodOutline GetOutline(const Config& config, const Experiment& experiment) {
    const int64_t epochs = experiment.train().epochs();
    const int64_t batches = int64_t{config.warmup_epochs()} * config.warmup_batches_per_epoch() +
                            epochs * config.batches_per_epoch();
    const StudentSpec& student = experiment.student();
    MethodOutline outline;
    outline.images = batches * config.batch_size();
    outline.student_steps = epochs * student.steps_per_epoch();
    outline.teacher_forwards =
        outline.images * config.generator_steps() + outline.student_steps * student.batch_size();
    outline.largest_batch = std::max(config.batch_size(), student.batch_size());
    return outline;
  }

  static absl::StatusOr<std::unique_ptr<Method>> Create(const Config& config,
                                                        const MethodServices& services) {
    if (services.teacher == nullptr) {
      return ConfigError("method NayerConfig needs a teacher; set teacher.model or teacher.from");
    }
    if (services.stepper->steps_per_epoch() == 0) {
      return ConfigError(
          "student.steps_per_epoch is 0; NAYER's pool grows without end, so it must be at least 1");
    }
    auto nayer = std::make_unique<Nayer>(config, services);
    DFKD_RETURN_IF_ERROR(nayer->Init());
    return nayer;
  }

  Nayer(const Config& config, const MethodServices& services)
      : config_(config), services_(services) {}

  int64_t rounds() const override { return config_.warmup_epochs() + services_.epochs; }

  int64_t StepsIn(int64_t round) const override {
    return BatchesIn(round) * config_.generator_steps() +
           (InWarmup(round) ? 0 : services_.stepper->steps_per_epoch());
  }

  absl::Status Round(int64_t round) override {
    if (config_.reinitialize_generator_every() > 0 && round > 0 &&
        round % config_.reinitialize_generator_every() == 0) {
      DFKD_RETURN_IF_ERROR(NewGenerator());
    }
    losses_->SetEnabledWhereNeeded(Capability::kStudentOutput,
                                   !InWarmup(round) || config_.student_losses_in_warmup());
    services_.student->RequireGrad(false);
    for (int64_t batch = 0; batch < BatchesIn(round); ++batch) {
      services_.student->Train(config_.student_mode() == Config::EVAL_FIRST_BATCH_ONLY &&
                               batch > 0);
      DFKD_RETURN_IF_ERROR(Annotate(SynthesizeBatch(round), absl::StrCat("batch ", batch)));
    }
    services_.student->RequireGrad(true);
    return InWarmup(round) ? absl::OkStatus()
                           : TrainStudentOnPool(round - config_.warmup_epochs(), services_);
  }

  // A batch is filled up as in training, so that BatchNorm sees what it saw there.
  absl::StatusOr<at::Tensor> SampleClasses(const at::Tensor& labels,
                                           RandomStream& random) override {
    const at::NoGradGuard no_grad;
    std::vector<at::Tensor> images;
    for (int64_t begin = 0; begin < labels.size(0); begin += config_.batch_size()) {
      const int64_t count = std::min<int64_t>(config_.batch_size(), labels.size(0) - begin);
      at::Tensor batch = labels.narrow(0, begin, count);
      if (count < config_.batch_size()) {
        batch = at::cat({batch, sampler_->Sample(config_.batch_size() - count, random)});
      }
      input_->Redraw(random);
      images.push_back(Generate(batch.to(services_.device)).narrow(0, 0, count));
    }
    return at::cat(images);
  }

  void Save(StateWriter writer) const override {
    SaveModule(*input_, writer.Scope("input"));
    SaveModule(*generator_, writer.Scope("generator"));
    optimizer_->Save(writer.Scope("optimizer"));
    losses_->Save(writer.Scope("losses"));
  }

  absl::Status Load(const StateReader& reader) override {
    DFKD_RETURN_IF_ERROR(LoadModule(reader.Scope("input"), input_.get()));
    DFKD_RETURN_IF_ERROR(LoadModule(reader.Scope("generator"), generator_.get()));
    DFKD_RETURN_IF_ERROR(optimizer_->Load(reader.Scope("optimizer")));
    return losses_->Load(reader.Scope("losses"));
  }

 private:
  bool InWarmup(int64_t round) const { return round < config_.warmup_epochs(); }

  int64_t BatchesIn(int64_t round) const {
    return InWarmup(round) ? config_.warmup_batches_per_epoch() : config_.batches_per_epoch();
  }

  absl::Status Init() {
    const TeacherCard& card = *services_.card;
    if (GeneratorInput::UsesRows(config_.input())) {
      EncoderContext context;
      context.random = &services_.streams->Get("encoder");
      DFKD_ASSIGN_OR_RETURN(std::unique_ptr<Encoder> encoder,
                            CreateEncoder(config_.encoder(), context, "method.encoder"));
      const std::vector<std::string> names(card.class_name().begin(), card.class_name().end());
      DFKD_ASSIGN_OR_RETURN(rows_, encoder->Encode(names));
    }
    DFKD_ASSIGN_OR_RETURN(
        losses_, LossSet::Create(config_.losses(), {card.class_name_size()}, "method.losses"));
    DFKD_ASSIGN_OR_RETURN(
        augmentations_, AugmentationList::Create(config_.augmentations(), "method.augmentations"));
    DFKD_ASSIGN_OR_RETURN(
        sampler_, Registry<LabelSampler>::Get().Create(
                      config_.label_sampler(), {card.class_name_size()}, "method.label_sampler"));
    return NewGenerator();
  }

  // A new generator, with the input side that is trained together with it.
  absl::Status NewGenerator() {
    GeneratorInputContext input;
    input.rows = rows_;
    input.num_classes = services_.card->class_name_size();
    input.batch_size = config_.batch_size();
    DFKD_ASSIGN_OR_RETURN(input_, GeneratorInput::Create(config_.input(), input, "method.input"));

    GeneratorContext context;
    context.input_size = input_->output_size();
    context.channels = services_.card->channels();
    context.height = services_.card->height();
    context.width = services_.card->width();
    context.normalization = services_.card->normalization();
    context.init = &services_.streams->Get("generator_init");
    context.device = services_.device;
    DFKD_ASSIGN_OR_RETURN(generator_, Registry<Generator>::Get().Create(
                                          config_.generator(), context, "method.generator"));
    input_->To(services_.device);
    generator_->To(services_.device);
    generator_->ToChannelsLast();
    return NewOptimizer();
  }

  absl::Status NewOptimizer() {
    std::vector<at::Tensor> parameters = generator_->Parameters();
    for (at::Tensor& parameter : input_->Parameters()) parameters.push_back(std::move(parameter));
    DFKD_ASSIGN_OR_RETURN(
        optimizer_, Registry<Optimizer>::Get().Create(config_.optimizer(), {std::move(parameters)},
                                                      "method.optimizer"));
    return absl::OkStatus();
  }

  absl::Status SynthesizeBatch(int64_t round) {
    const Stopwatch stopwatch(services_.budget, "synthesis");
    input_->Redraw(services_.streams->Get("noisy_layer"));
    const at::Tensor labels =
        sampler_->Sample(config_.batch_size(), services_.streams->Get("labels"))
            .to(services_.device);
    if (config_.optimizer_lifetime() == Config::BATCH) DFKD_RETURN_IF_ERROR(NewOptimizer());

    double best = std::numeric_limits<double>::infinity();
    at::Tensor kept;
    for (int64_t step = 0; step < config_.generator_steps(); ++step) {
      DFKD_RETURN_IF_ERROR(services_.CheckStop());
      const at::Tensor images = Generate(labels);
      DFKD_ASSIGN_OR_RETURN(const at::Tensor loss,
                            SynthesisLoss(services_, *augmentations_, *losses_, images, labels));
      const double value = loss.item<double>();
      if (value < best) {
        best = value;
        kept = images.detach();
      }
      DFKD_RETURN_IF_ERROR(Annotate(StepGenerator(loss), absl::StrCat("step ", step)));
      services_.progress->Advance();
    }
    if (config_.keep() == Config::LAST) {
      at::NoGradGuard no_grad;
      kept = Generate(labels);
    }
    losses_->EndBatch();
    services_.means->Add("loss_generator", best);
    services_.budget->images += config_.batch_size();
    services_.budget->pixels += config_.batch_size() * kept.size(2) * kept.size(3);
    return services_.pool->Append(kept, labels, round);
  }

  at::Tensor Generate(const at::Tensor& labels) {
    const PrecisionScope precision(services_.precision);
    return generator_->Forward(input_->Forward(labels)).to(at::kFloat);
  }

  absl::Status StepGenerator(const at::Tensor& loss) {
    optimizer_->ZeroGrad();
    loss.backward();
    DFKD_RETURN_IF_ERROR(CheckFiniteGradients(*generator_, "generator"));
    DFKD_RETURN_IF_ERROR(CheckFiniteGradients(*input_, "generator input"));
    optimizer_->Step();
    return absl::OkStatus();
  }

  const Config config_;
  const MethodServices services_;
  at::Tensor rows_;  // [K, D], one per class
  std::unique_ptr<LabelSampler> sampler_;
  std::unique_ptr<AugmentationList> augmentations_;
  std::unique_ptr<LossSet> losses_;
  std::unique_ptr<GeneratorInput> input_;
  std::unique_ptr<Generator> generator_;
  std::unique_ptr<Optimizer> optimizer_;
};

DFKD_REGISTER_PLUGIN(Method, Nayer);

}  // namespace
}  // namespace dfkd
