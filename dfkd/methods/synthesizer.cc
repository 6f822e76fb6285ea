#include "dfkd/methods/synthesizer.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/encoders/encoder.h"
#include "dfkd/encoders/encoder_factory.h"
#include "dfkd/methods/class_batches.h"
#include "dfkd/methods/method_parts.h"
#include "dfkd/report/budget.h"
#include "dfkd/report/progress.h"
#include "dfkd/report/recorder.h"
#include "dfkd/samplers/sampled_labels.h"
#include "dfkd/train/finite.h"
#include "dfkd/train/module_state.h"
#include "dfkd/train/precision.h"
#include "dfkd/train/stopwatch.h"
#include "dfkd/train/synthesis_loss.h"

namespace dfkd {

Contract Synthesizer::GetContract(const LossSet::Specs& losses,
                                  const google::protobuf::Any& label_sampler) {
  Contract contract;
  contract.needs = NeedsOfLosses(losses);
  contract.provides = SampledLabels(label_sampler) |
                      Capabilities{Capability::kClassRows, Capability::kStudentOutput,
                                   Capability::kPool, Capability::kImages};
  return contract;
}

absl::StatusOr<at::Tensor> Synthesizer::ClassRows(const SynthesizerConfig& config,
                                                  const MethodServices& services) {
  if (!GeneratorInput::UsesRows(*config.input)) return at::Tensor();
  EncoderContext context;
  context.random = &services.streams->Get("encoder");
  DFKD_ASSIGN_OR_RETURN(std::unique_ptr<Encoder> encoder,
                        CreateEncoder(*config.encoder, context, "method.encoder"));
  const auto& names = services.card->class_name();
  return encoder->Encode({names.begin(), names.end()});
}

absl::StatusOr<std::unique_ptr<Synthesizer>> Synthesizer::Create(const SynthesizerConfig& config,
                                                                 const at::Tensor& rows,
                                                                 const MethodServices& services) {
  std::unique_ptr<Synthesizer> synthesizer(new Synthesizer(config, rows, services));
  DFKD_RETURN_IF_ERROR(synthesizer->Init());
  return synthesizer;
}

absl::Status Synthesizer::Init() {
  DFKD_ASSIGN_OR_RETURN(losses_, CreateLosses(*config_.losses, services_));
  DFKD_ASSIGN_OR_RETURN(augmentations_,
                        AugmentationList::Create(*config_.augmentations, "method.augmentations"));
  DFKD_ASSIGN_OR_RETURN(sampler_, Registry<LabelSampler>::Get().Create(
                                      *config_.label_sampler, {services_.card->class_name_size()},
                                      "method.label_sampler"));
  return NewGenerator();
}

absl::Status Synthesizer::NewGenerator() {
  GeneratorInputContext input;
  input.rows = rows_;
  input.num_classes = services_.card->class_name_size();
  input.batch_size = config_.batch_size;
  DFKD_ASSIGN_OR_RETURN(input_, GeneratorInput::Create(*config_.input, input, "method.input"));
  DFKD_ASSIGN_OR_RETURN(generator_,
                        CreateGenerator(*config_.generator, input_->output_size(), config_.size,
                                        services_.streams->Get("generator_init"), services_));
  input_->To(services_.device);
  return NewOptimizer();
}

absl::Status Synthesizer::NewOptimizer() {
  std::vector<at::Tensor> parameters = generator_->Parameters();
  for (at::Tensor& parameter : input_->Parameters()) parameters.push_back(std::move(parameter));
  for (at::Tensor& parameter : losses_->Parameters()) parameters.push_back(std::move(parameter));
  DFKD_ASSIGN_OR_RETURN(
      optimizer_, Registry<Optimizer>::Get().Create(*config_.optimizer, {std::move(parameters)},
                                                    "method.optimizer"));
  return absl::OkStatus();
}

absl::Status Synthesizer::SynthesizeBatch(int64_t round, Pool& pool) {
  const Stopwatch stopwatch(services_.budget, "synthesis");
  DFKD_ASSIGN_OR_RETURN(const Batch batch, MakeBatch(nullptr));
  losses_->EndBatch();
  services_.means->Add("loss_generator", batch.loss);
  services_.budget->images += config_.batch_size;
  services_.budget->pixels += config_.batch_size * batch.images.size(2) * batch.images.size(3);
  return pool.Append(batch.images, batch.labels, round);
}

absl::StatusOr<Synthesizer::Batch> Synthesizer::MakeBatch(const Watchable::Watcher& watch) {
  input_->Redraw(services_.streams->Get("noisy_layer"));
  Batch batch;
  batch.labels =
      sampler_->Sample(config_.batch_size, services_.streams->Get("labels")).to(services_.device);
  if (config_.optimizer_per_batch) DFKD_RETURN_IF_ERROR(NewOptimizer());

  batch.loss = std::numeric_limits<double>::infinity();
  for (int64_t step = 0; step < config_.steps; ++step) {
    DFKD_RETURN_IF_ERROR(services_.CheckStop());
    const at::Tensor images = Generate(batch.labels);
    if (watch) DFKD_RETURN_IF_ERROR(watch(images.detach(), batch.labels));
    DFKD_ASSIGN_OR_RETURN(const at::Tensor loss, SynthesisLoss(services_, *augmentations_, *losses_,
                                                               images, batch.labels));
    const double value = loss.item<double>();
    if (value < batch.loss) {
      batch.loss = value;
      batch.images = images.detach();
    }
    DFKD_RETURN_IF_ERROR(Annotate(StepGenerator(loss), absl::StrCat("step ", step)));
    services_.progress->Advance();
  }
  if (config_.keep_last) {
    at::NoGradGuard no_grad;
    batch.images = Generate(batch.labels);
  }
  return batch;
}

absl::Status Synthesizer::Watch(bool new_generator, const Watchable::Watcher& watch) {
  State before;
  Save(StateWriter(&before));
  if (new_generator) DFKD_RETURN_IF_ERROR(NewGenerator());
  services_.student->RequireGrad(false);
  services_.student->Eval();
  const absl::Status status = MakeBatch(watch).status();
  // The optimiser's state belongs to parameters that are there.
  DFKD_RETURN_IF_ERROR(NewOptimizer());
  DFKD_RETURN_IF_ERROR(Load(StateReader(&before)));
  return status;
}

std::vector<Watchable::InputPart> Synthesizer::InputParts() const {
  at::Tensor weight = input_->noisy_weight();
  for (const at::Tensor& parameter : generator_->Parameters()) {
    if (weight.defined()) break;
    // The generator's first layer is linear: [out, in].
    if (parameter.dim() == 2 && parameter.size(1) == input_->output_size()) weight = parameter;
  }
  std::vector<Watchable::InputPart> parts;
  if (!weight.defined()) return parts;
  const int64_t rows = input_->row_size();
  const int64_t noise = weight.size(-1) - rows;
  if (rows > 0) parts.push_back({"rows", "the class rows", weight.narrow(-1, 0, rows)});
  if (noise > 0) parts.push_back({"noise", "the noise", weight.narrow(-1, rows, noise)});
  return parts;
}

at::Tensor Synthesizer::Generate(const at::Tensor& labels) {
  const PrecisionScope precision(services_.precision);
  return generator_->Forward(input_->Forward(labels)).to(at::kFloat);
}

absl::Status Synthesizer::StepGenerator(const at::Tensor& loss) {
  optimizer_->ZeroGrad();
  loss.backward();
  DFKD_RETURN_IF_ERROR(CheckFiniteGradients(*generator_, "generator"));
  DFKD_RETURN_IF_ERROR(CheckFiniteGradients(*input_, "generator input"));
  optimizer_->Step();
  return absl::OkStatus();
}

at::Tensor Synthesizer::SampleClasses(const at::Tensor& labels, RandomStream& random) {
  const at::NoGradGuard no_grad;
  const auto sample = [&] { return sampler_->Sample(config_.batch_size, random); };
  std::vector<at::Tensor> images(static_cast<size_t>(labels.size(0)));
  for (const ClassBatch& batch :
       SpreadOverBatches(labels, config_.batch_size, services_.card->class_name_size(), sample)) {
    input_->Redraw(random);
    const at::Tensor made = Generate(batch.labels.to(services_.device));
    for (size_t i = 0; i < batch.places.size(); ++i) {
      // A copy: a view would keep the batch.
      images[static_cast<size_t>(batch.wanted[i])] = made[batch.places[i]].clone();
    }
  }
  return at::stack(images);
}

void Synthesizer::Save(StateWriter writer) const {
  SaveModule(*input_, writer.Scope("input"));
  SaveModule(*generator_, writer.Scope("generator"));
  optimizer_->Save(writer.Scope("optimizer"));
  losses_->Save(writer.Scope("losses"));
}

absl::Status Synthesizer::Load(const StateReader& reader) {
  DFKD_RETURN_IF_ERROR(LoadModule(reader.Scope("input"), input_.get()));
  DFKD_RETURN_IF_ERROR(LoadModule(reader.Scope("generator"), generator_.get()));
  DFKD_RETURN_IF_ERROR(optimizer_->Load(reader.Scope("optimizer")));
  return losses_->Load(reader.Scope("losses"));
}

}  // namespace dfkd
