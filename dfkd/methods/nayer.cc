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
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/methods/method.h"
#include "dfkd/methods/method_parts.h"
#include "dfkd/methods/nayer.pb.h"
#include "dfkd/methods/synthesizer.h"
#include "dfkd/methods/watchable.h"
#include "dfkd/pool/pool_set.h"
#include "dfkd/train/pool_epoch.h"
#include "dfkd/train/student_stepper.h"

namespace dfkd {
namespace {

class Nayer : public Method, public Watchable {
 public:
  using Config = NayerConfig;

  static Contract GetContract(const Config& config) {
    return Synthesizer::GetContract(config.losses(), config.label_sampler());
  }

  static absl::Status Validate(const Config& config) {
    return CheckRowsHaveLabels(config.input(), config.label_sampler());
  }

  static MethodOutline GetOutline(const Config& config, const Experiment& experiment) {
    const int64_t epochs = experiment.train().epochs();
    const int64_t batches = int64_t{config.warmup_epochs()} * config.warmup_batches_per_epoch() +
                            epochs * config.batches_per_epoch();
    return OutlineOfOnePool(experiment, batches, config.batch_size(), config.generator_steps());
  }

  static absl::StatusOr<std::unique_ptr<Method>> Create(const Config& config,
                                                        const MethodServices& services) {
    DFKD_RETURN_IF_ERROR(RequireTeacher(Config::descriptor()->name(), services));
    DFKD_RETURN_IF_ERROR(RequireStudentSteps("NAYER's pool grows without end", services));
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
      DFKD_RETURN_IF_ERROR(synthesizer_->NewGenerator());
    }
    synthesizer_->BeginEpoch();
    synthesizer_->SetStudentLosses(!InWarmup(round) || config_.student_losses_in_warmup());
    services_.student->RequireGrad(false);
    for (int64_t batch = 0; batch < BatchesIn(round); ++batch) {
      services_.student->Train(config_.student_mode() == Config::EVAL_FIRST_BATCH_ONLY &&
                               batch > 0);
      DFKD_RETURN_IF_ERROR(Annotate(synthesizer_->SynthesizeBatch(round, services_.pools->pool()),
                                    absl::StrCat("batch ", batch)));
    }
    services_.student->RequireGrad(true);
    return InWarmup(round) ? absl::OkStatus()
                           : TrainStudentOnPool(round - config_.warmup_epochs(), services_);
  }

  absl::StatusOr<at::Tensor> SampleClasses(const at::Tensor& labels,
                                           RandomStream& random) override {
    return synthesizer_->SampleClasses(labels, random);
  }

  std::vector<InputPart> InputParts(size_t) const override { return synthesizer_->InputParts(); }
  at::Tensor ClassRows() const override { return synthesizer_->rows(); }
  absl::Status WatchSynthesis(size_t, bool new_generator, const Watcher& watch) override {
    return synthesizer_->Watch(new_generator, watch);
  }

  void Save(StateWriter writer) const override { synthesizer_->Save(writer); }
  absl::Status Load(const StateReader& reader) override { return synthesizer_->Load(reader); }

 private:
  bool InWarmup(int64_t round) const { return round < config_.warmup_epochs(); }

  int64_t BatchesIn(int64_t round) const {
    return InWarmup(round) ? config_.warmup_batches_per_epoch() : config_.batches_per_epoch();
  }

  absl::Status Init() {
    SynthesizerConfig config = SynthesizerConfigOf(config_);
    config.size = TeacherImageSize(services_);
    config.batch_size = config_.batch_size();
    DFKD_ASSIGN_OR_RETURN(const at::Tensor rows, Synthesizer::ClassRows(config, services_));
    DFKD_ASSIGN_OR_RETURN(synthesizer_, Synthesizer::Create(config, rows, services_));
    return absl::OkStatus();
  }

  const Config config_;
  const MethodServices services_;
  std::unique_ptr<Synthesizer> synthesizer_;
};

DFKD_REGISTER_PLUGIN(Method, Nayer);

}  // namespace
}  // namespace dfkd
