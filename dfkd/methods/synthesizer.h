// Images from class rows, by a generator that is trained while it makes them: the engine that NAYER
// and MUSE share.
#ifndef DFKD_METHODS_SYNTHESIZER_H_
#define DFKD_METHODS_SYNTHESIZER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dfkd/augmentations/augmentation_list.h"
#include "dfkd/core/contract.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/core/state.h"
#include "dfkd/generators/generator.h"
#include "dfkd/generators/generator_input.h"
#include "dfkd/losses/loss_set.h"
#include "dfkd/methods/method.h"
#include "dfkd/methods/watchable.h"
#include "dfkd/optimizers/optimizer.h"
#include "dfkd/pool/pool.h"
#include "dfkd/samplers/label_sampler.h"
#include "google/protobuf/any.pb.h"

namespace dfkd {

// What the method's config says, whichever method it is; `method.NAME` in messages. The messages
// outlive the synthesizer.
struct SynthesizerConfig {
  const EncoderSpec* encoder = nullptr;
  const GeneratorInputConfig* input = nullptr;
  const google::protobuf::Any* generator = nullptr;
  const google::protobuf::Any* optimizer = nullptr;
  const google::protobuf::Any* label_sampler = nullptr;
  const google::protobuf::RepeatedPtrField<LossSpec>* losses = nullptr;
  const google::protobuf::RepeatedPtrField<google::protobuf::Any>* augmentations = nullptr;
  ImageSize size;  // of the images
  int64_t batch_size = 0;
  int64_t steps = 0;  // of the generator for a batch
  // What the generator makes after its last step, in place of the images with the least loss over
  // the steps, each before the step that it led to.
  bool keep_last = false;
  bool optimizer_per_batch = true;  // else one for each generator
};

// What the configs of these methods call alike: all but the images' size and number.
template <typename Config>
SynthesizerConfig SynthesizerConfigOf(const Config& config) {
  SynthesizerConfig made;
  made.encoder = &config.encoder();
  made.input = &config.input();
  made.generator = &config.generator();
  made.optimizer = &config.optimizer();
  made.label_sampler = &config.label_sampler();
  made.losses = &config.losses();
  made.augmentations = &config.augmentations();
  made.steps = config.generator_steps();
  made.keep_last = config.keep() == Config::LAST;
  made.optimizer_per_batch = config.optimizer_lifetime() == Config::BATCH;
  return made;
}

// labels y -> rows e_y -> noisy layers, re-drawn for each batch -> generator -> images x. Generator
// and noisy layers take `steps` steps on the weighted losses over the teacher's (and, where a loss
// asks, the student's) view of augment(x).
class Synthesizer {
 public:
  // `rows`: those of ClassRows. `services` outlive it.
  static absl::StatusOr<std::unique_ptr<Synthesizer>> Create(const SynthesizerConfig& config,
                                                             const at::Tensor& rows,
                                                             const MethodServices& services);

  // Of a method whose images synthesizers make.
  static Contract GetContract(const LossSet::Specs& losses,
                              const google::protobuf::Any& label_sampler);

  // One float32 row for each class, or an undefined tensor where the input uses none.
  static absl::StatusOr<at::Tensor> ClassRows(const SynthesizerConfig& config,
                                              const MethodServices& services);

  // A new generator, with the input side that is trained together with it.
  absl::Status NewGenerator();

  // Before the first batch of each round.
  void BeginEpoch() { input_->BeginEpoch(); }

  // Terms that look at the student, which may have learned nothing yet.
  void SetStudentLosses(bool enabled) {
    losses_->SetEnabledWhereNeeded(Capability::kStudentOutput, enabled);
  }

  // Makes a batch and keeps it in `pool`. The student's parameters must not require gradients.
  absl::Status SynthesizeBatch(int64_t round, Pool& pool);

  // For Watchable's functions of the same names.
  std::vector<Watchable::InputPart> InputParts() const;
  const at::Tensor& rows() const { return rows_; }
  absl::Status Watch(bool new_generator, const Watchable::Watcher& watch);

  // Images of the classes `labels` [N] by the generator as it is. However few classes these are, a
  // batch shows all as training does (class_batches.h): BatchNorm sees what it saw there, and no
  // noisy layer makes two images of a class in one batch, which would be the same. Where noisy
  // layers are kept from batch to batch and there is no noise beside the rows, batches repeat.
  at::Tensor SampleClasses(const at::Tensor& labels, RandomStream& random);

  void Save(StateWriter writer) const;
  absl::Status Load(const StateReader& reader);

 private:
  Synthesizer(const SynthesizerConfig& config, const at::Tensor& rows,
              const MethodServices& services)
      : config_(config), rows_(rows), services_(services) {}
  struct Batch {
    at::Tensor images, labels;
    double loss = 0;  // the least over the steps
  };

  absl::Status Init();
  absl::Status NewOptimizer();
  // `watch` may be null.
  absl::StatusOr<Batch> MakeBatch(const Watchable::Watcher& watch);
  at::Tensor Generate(const at::Tensor& labels);
  absl::Status StepGenerator(const at::Tensor& loss);

  const SynthesizerConfig config_;
  const at::Tensor rows_;  // [K, D]
  const MethodServices& services_;
  std::unique_ptr<LabelSampler> sampler_;
  std::unique_ptr<AugmentationList> augmentations_;
  std::unique_ptr<LossSet> losses_;
  std::unique_ptr<GeneratorInput> input_;
  std::unique_ptr<Generator> generator_;
  std::unique_ptr<Optimizer> optimizer_;
};

}  // namespace dfkd

#endif  // DFKD_METHODS_SYNTHESIZER_H_
