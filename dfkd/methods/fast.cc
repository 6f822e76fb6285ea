// Fast, or FastDFKD, "Up to 100x Faster Data-free Knowledge Distillation" (Fang et al., AAAI 2022).
//
// A round:
//   a few times: labels y, latent vectors z ~ N(0, I), a copy of the generator; copy and z take g
//                steps on the weighted losses over the teacher's (and, after the warm-up, the
//                student's) view of augment(copy(z)); the images x go to the pool; what the copy
//                learned becomes the generator's gradient, and the generator takes one step
//   after the warm-up: the student takes its steps on batches of the pool
//
// So the generator holds what all batches have in common, a place from which few steps suffice.
// With theta its weights, theta_0 = theta, ..., theta_g those of the copy, and z with them:
//
//   FOMAML            sum over s of dL/dtheta_s, s = 0, ..., g - 1
//   FOMAML_LAST_STEP  dL/dtheta_(g-1)
//   REPTILE           67 (theta - theta_g)
//
// Labels reach the images through the loss alone. Where the released code departs from its own
// rules, and its variant for ImageNet: docs/differences.md.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "dfkd/augmentations/augmentation_list.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/generators/generator.h"
#include "dfkd/losses/loss_set.h"
#include "dfkd/methods/fast.pb.h"
#include "dfkd/methods/method.h"
#include "dfkd/methods/method_parts.h"
#include "dfkd/methods/watchable.h"
#include "dfkd/optimizers/optimizer.h"
#include "dfkd/pool/pool_set.h"
#include "dfkd/report/budget.h"
#include "dfkd/report/progress.h"
#include "dfkd/report/recorder.h"
#include "dfkd/samplers/label_sampler.h"
#include "dfkd/samplers/sampled_labels.h"
#include "dfkd/train/finite.h"
#include "dfkd/train/module_state.h"
#include "dfkd/train/pool_epoch.h"
#include "dfkd/train/precision.h"
#include "dfkd/train/stopwatch.h"
#include "dfkd/train/student_stepper.h"
#include "dfkd/train/synthesis_loss.h"

namespace dfkd {
namespace {

// Of the first layers' weights when they are drawn anew.
constexpr double kResetDeviation = 0.02;

// A batch's latent vectors, which learn: [B, latent_size].
class Latent : public Module {
 public:
  explicit Latent(const at::Tensor& start) : value(AddParameter("latent", start)) {}
  at::Tensor value;
};

// Parameters and buffers of a module to those of another of its kind.
void CopyState(const Module& from, Module& to) {
  const at::NoGradGuard no_grad;
  const std::vector<NamedTensor> source = from.NamedState();
  const std::vector<NamedTensor> target = to.NamedState();
  for (size_t i = 0; i < source.size(); ++i) target[i].tensor.copy_(source[i].tensor);
}

void AddToGradient(const at::Tensor& parameter, const at::Tensor& value) {
  at::Tensor& gradient = parameter.mutable_grad();
  if (gradient.defined()) {
    gradient.add_(value);
  } else {
    gradient = value.clone();
  }
}

class Fast : public Method, public Watchable {
 public:
  using Config = FastConfig;

  static Contract GetContract(const Config& config) {
    Contract contract;
    contract.needs = NeedsOfLosses(config.losses());
    contract.provides =
        SampledLabels(config.label_sampler()) |
        Capabilities{Capability::kStudentOutput, Capability::kPool, Capability::kImages};
    return contract;
  }

  static MethodOutline GetOutline(const Config& config, const Experiment& experiment) {
    const int64_t epochs = experiment.train().epochs();
    const int64_t batches = (config.warmup_epochs() + epochs) * config.batches_per_epoch();
    return OutlineOfOnePool(experiment, batches, config.batch_size(), config.generator_steps());
  }

  static absl::StatusOr<std::unique_ptr<Method>> Create(const Config& config,
                                                        const MethodServices& services) {
    DFKD_RETURN_IF_ERROR(RequireTeacher(Config::descriptor()->name(), services));
    DFKD_RETURN_IF_ERROR(RequireStudentSteps("Fast's pool grows without end", services));
    auto fast = std::make_unique<Fast>(config, services);
    DFKD_RETURN_IF_ERROR(fast->Init());
    return fast;
  }

  Fast(const Config& config, const MethodServices& services)
      : config_(config), services_(services) {}

  int64_t rounds() const override { return config_.warmup_epochs() + services_.epochs; }

  int64_t StepsIn(int64_t round) const override {
    return int64_t{config_.batches_per_epoch()} * config_.generator_steps() +
           (InWarmup(round) ? 0 : services_.stepper->steps_per_epoch());
  }

  absl::Status Round(int64_t round) override {
    const int64_t student_epoch = round - config_.warmup_epochs() + 1;  // counted from 1
    if (config_.reset_first_layers_at() > 0 && student_epoch == config_.reset_first_layers_at()) {
      ResetFirstLayers();
    }
    losses_->SetEnabledWhereNeeded(Capability::kStudentOutput,
                                   !InWarmup(round + config_.student_losses_lead()));
    services_.student->Eval();
    services_.student->RequireGrad(false);
    for (int64_t batch = 0; batch < config_.batches_per_epoch(); ++batch) {
      DFKD_RETURN_IF_ERROR(Annotate(SynthesizeBatch(round), absl::StrCat("batch ", batch)));
    }
    services_.student->RequireGrad(true);
    return InWarmup(round) ? absl::OkStatus() : TrainStudentOnPool(student_epoch - 1, services_);
  }

  std::vector<InputPart> InputParts(size_t) const override {
    return {{"noise", "the latent vector", FirstWeight(/*dimensions=*/2).tensor}};
  }

  at::Tensor ClassRows() const override { return at::Tensor(); }

  absl::Status WatchSynthesis(size_t, bool new_generator, const Watcher& watch) override {
    State before;
    Save(StateWriter(&before));
    if (new_generator) DFKD_RETURN_IF_ERROR(NewGenerator());
    services_.student->RequireGrad(false);
    services_.student->Eval();
    const absl::Status status = MakeBatch(watch).status();
    DFKD_RETURN_IF_ERROR(Load(StateReader(&before)));
    return status;
  }

  // Copy, latent vectors and their optimisers live within a batch.
  void Save(StateWriter writer) const override {
    SaveModule(*generator_, writer.Scope("generator"));
    meta_optimizer_->Save(writer.Scope("meta_optimizer"));
    losses_->Save(writer.Scope("losses"));
  }

  absl::Status Load(const StateReader& reader) override {
    DFKD_RETURN_IF_ERROR(LoadModule(reader.Scope("generator"), generator_.get()));
    DFKD_RETURN_IF_ERROR(meta_optimizer_->Load(reader.Scope("meta_optimizer")));
    return losses_->Load(reader.Scope("losses"));
  }

 private:
  struct Batch {
    at::Tensor images, labels;
    double loss = std::numeric_limits<double>::infinity();  // the least over the steps
  };
  // What learns beside the copy while a batch is made.
  struct InnerLoop {
    std::unique_ptr<Latent> latent;
    std::unique_ptr<Optimizer> optimizer;  // of the copy
    std::unique_ptr<Optimizer> latent_optimizer;
  };

  bool InWarmup(int64_t round) const { return round < config_.warmup_epochs(); }

  absl::Status Init() {
    DFKD_ASSIGN_OR_RETURN(losses_, CreateLosses(config_.losses(), services_));
    DFKD_ASSIGN_OR_RETURN(
        augmentations_, AugmentationList::Create(config_.augmentations(), "method.augmentations"));
    DFKD_ASSIGN_OR_RETURN(
        sampler_,
        Registry<LabelSampler>::Get().Create(
            config_.label_sampler(), {services_.card->class_name_size()}, "method.label_sampler"));
    RandomStream zeros = RandomStream::Zeros();
    DFKD_ASSIGN_OR_RETURN(copy_, CreateGenerator(config_.generator(), config_.latent_size(),
                                                 TeacherImageSize(services_), zeros, services_));
    return NewGenerator();
  }

  absl::Status NewGenerator() {
    DFKD_ASSIGN_OR_RETURN(
        generator_,
        CreateGenerator(config_.generator(), config_.latent_size(), TeacherImageSize(services_),
                        services_.streams->Get("generator_init"), services_));
    DFKD_ASSIGN_OR_RETURN(meta_optimizer_, Registry<Optimizer>::Get().Create(
                                               config_.meta_optimizer(), {generator_->Parameters()},
                                               "method.meta_optimizer"));
    return absl::OkStatus();
  }

  absl::Status SynthesizeBatch(int64_t round) {
    const Stopwatch stopwatch(services_.budget, "synthesis");
    DFKD_ASSIGN_OR_RETURN(const Batch batch, MakeBatch(nullptr));
    losses_->EndBatch();
    services_.means->Add("loss_generator", batch.loss);
    services_.budget->images += config_.batch_size();
    services_.budget->pixels +=
        int64_t{config_.batch_size()} * batch.images.size(2) * batch.images.size(3);
    return services_.pools->pool().Append(batch.images, batch.labels, round);
  }

  // The inner loop, and the generator's one step. `watch` may be null.
  absl::StatusOr<Batch> MakeBatch(const Watcher& watch) {
    Batch batch;
    batch.labels = sampler_->Sample(config_.batch_size(), services_.streams->Get("labels"))
                       .to(services_.device);
    DFKD_ASSIGN_OR_RETURN(const InnerLoop inner, BeginInnerLoop());
    for (int64_t step = 0; step < config_.generator_steps(); ++step) {
      DFKD_RETURN_IF_ERROR(services_.CheckStop());
      const at::Tensor images = Generate(inner.latent->value);
      if (watch) DFKD_RETURN_IF_ERROR(watch(images.detach(), batch.labels));
      DFKD_ASSIGN_OR_RETURN(const at::Tensor loss, SynthesisLoss(services_, *augmentations_,
                                                                 *losses_, images, batch.labels));
      KeepImages(images, loss.item<double>(), &batch);
      DFKD_RETURN_IF_ERROR(Annotate(InnerStep(inner, loss, step), absl::StrCat("step ", step)));
      services_.progress->Advance();
    }
    StepGenerator();
    return batch;
  }

  absl::StatusOr<InnerLoop> BeginInnerLoop() {
    CopyState(*generator_, *copy_);
    meta_optimizer_->ZeroGrad();
    InnerLoop inner;
    inner.latent =
        std::make_unique<Latent>(services_.streams->Get("latent")
                                     .Normal({config_.batch_size(), config_.latent_size()})
                                     .to(services_.device));
    std::vector<at::Tensor> parameters = copy_->Parameters();
    for (const at::Tensor& parameter : losses_->Parameters()) parameters.push_back(parameter);
    DFKD_ASSIGN_OR_RETURN(inner.optimizer,
                          Registry<Optimizer>::Get().Create(
                              config_.optimizer(), {std::move(parameters)}, "method.optimizer"));
    DFKD_ASSIGN_OR_RETURN(
        inner.latent_optimizer,
        Registry<Optimizer>::Get().Create(config_.latent_optimizer(), {inner.latent->Parameters()},
                                          "method.latent_optimizer"));
    return inner;
  }

  absl::Status InnerStep(const InnerLoop& inner, const at::Tensor& loss, int64_t step) {
    inner.optimizer->ZeroGrad();
    inner.latent_optimizer->ZeroGrad();
    loss.backward();
    DFKD_RETURN_IF_ERROR(CheckFiniteGradients(*copy_, "generator"));
    DFKD_RETURN_IF_ERROR(CheckFiniteGradients(*inner.latent, "latent"));
    AddInnerGradients(step);
    inner.optimizer->Step();
    inner.latent_optimizer->Step();
    return absl::OkStatus();
  }

  at::Tensor Generate(const at::Tensor& latent) {
    const PrecisionScope precision(services_.precision);
    return copy_->Forward(latent).to(at::kFloat);
  }

  void KeepImages(const at::Tensor& images, double loss, Batch* batch) const {
    if (loss < batch->loss || config_.keep() == Config::LAST) batch->images = images.detach();
    batch->loss = std::min(batch->loss, loss);
  }

  // The copy's gradients of a step, where the generator's are made of them.
  void AddInnerGradients(int64_t step) {
    const bool counts =
        config_.meta() == Config::FOMAML ||
        (config_.meta() == Config::FOMAML_LAST_STEP && step + 1 == config_.generator_steps());
    if (!counts) return;
    const std::vector<at::Tensor> parameters = generator_->Parameters();
    const std::vector<at::Tensor> copies = copy_->Parameters();
    for (size_t i = 0; i < parameters.size(); ++i) {
      if (copies[i].grad().defined()) AddToGradient(parameters[i], copies[i].grad());
    }
  }

  void StepGenerator() {
    if (config_.meta() == Config::SEQUENTIAL) {
      CopyState(*copy_, *generator_);
      return;
    }
    if (config_.meta() == Config::REPTILE) {
      const at::NoGradGuard no_grad;
      const std::vector<at::Tensor> parameters = generator_->Parameters();
      const std::vector<at::Tensor> copies = copy_->Parameters();
      for (size_t i = 0; i < parameters.size(); ++i) {
        AddToGradient(parameters[i], (parameters[i] - copies[i]) * config_.reptile_factor());
      }
    }
    meta_optimizer_->Step();
  }

  // Of the generator's first layer whose weight has `dimensions`: 2 are a linear layer's, 1 a
  // BatchNorm's. Undefined where it has none.
  NamedTensor FirstWeight(int64_t dimensions) const {
    for (const NamedTensor& named : generator_->NamedParameters()) {
      if (absl::EndsWith(named.name, "weight") && named.tensor.dim() == dimensions) return named;
    }
    return {};
  }

  void ResetFirstLayers() {
    const at::NoGradGuard no_grad;
    for (const int64_t dimensions : {2, 1}) {
      const NamedTensor weight = FirstWeight(dimensions);
      if (!weight.tensor.defined()) continue;
      weight.tensor.copy_(services_.streams->Get("generator_init")
                              .Normal(weight.tensor.sizes(), /*mean=*/0, kResetDeviation));
      const std::string bias = absl::StrCat(absl::StripSuffix(weight.name, "weight"), "bias");
      for (const NamedTensor& named : generator_->NamedParameters()) {
        if (named.name == bias) named.tensor.zero_();
      }
    }
  }

  const Config config_;
  const MethodServices services_;
  std::unique_ptr<LabelSampler> sampler_;
  std::unique_ptr<AugmentationList> augmentations_;
  std::unique_ptr<LossSet> losses_;
  std::unique_ptr<Generator> generator_;  // what batches have in common
  std::unique_ptr<Generator> copy_;       // of the batch that is being made
  std::unique_ptr<Optimizer> meta_optimizer_;
};

DFKD_REGISTER_PLUGIN(Method, Fast);

}  // namespace
}  // namespace dfkd
