// MUSE (Tran et al., CVPR 2025), Algorithm 1.
//
// A round:
//   a few times, for each resolution e: a batch of e x e images by a generator, noisy layers and
//                losses of its own (methods/synthesizer.h); it goes to the pool of that resolution
//   after the warm-up: the student takes its steps on batches of the pools
//
// The student is tested at the teacher's size. CAM loss and embedding diversity are losses like any
// other (losses/class_activation.cc, losses/embedding_diversity.cc). With one resolution this is
// MUSE-S, and at the teacher's size, without these two losses, NAYER.
#include <algorithm>
#include <memory>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/methods/method.h"
#include "dfkd/methods/method_parts.h"
#include "dfkd/methods/muse.pb.h"
#include "dfkd/methods/synthesizer.h"
#include "dfkd/methods/watchable.h"
#include "dfkd/pool/pool_set.h"
#include "dfkd/train/pool_epoch.h"
#include "dfkd/train/student_stepper.h"

namespace dfkd {
namespace {

class Muse : public Method, public Watchable {
 public:
  using Config = MuseConfig;

  static absl::Status Validate(const Config& config) {
    std::set<int64_t> sizes;
    for (const Config::Resolution& resolution : config.resolutions()) {
      if (!sizes.insert(resolution.size()).second) {
        return ConfigError(absl::StrCat("resolutions has the size ", resolution.size(),
                                        " twice; sizes must differ"));
      }
    }
    return CheckRowsHaveLabels(config.input(), config.label_sampler());
  }

  static Contract GetContract(const Config& config) {
    return Synthesizer::GetContract(config.losses(), config.label_sampler());
  }

  static MethodOutline GetOutline(const Config& config, const Experiment& experiment) {
    const int64_t epochs = experiment.train().epochs();
    const int64_t batches = (config.warmup_epochs() + epochs) * int64_t{config.batches_per_epoch()};
    MethodOutline outline;
    outline.student_steps = epochs * experiment.student().steps_per_epoch();
    int64_t student_images = 0;  // of all resolutions, in a step or in a turn of each
    for (const Config::Resolution& resolution : config.resolutions()) {
      const int64_t images = batches * resolution.batch_size();
      outline.images += images;
      student_images += StudentBatchSize(resolution);
      outline.largest_batch = std::max(
          {outline.largest_batch, int64_t{resolution.batch_size()}, StudentBatchSize(resolution)});
      outline.pools.push_back(
          {{resolution.size(), resolution.size()}, images, StudentBatchSize(resolution)});
    }
    outline.pools_in_turn = config.mixing() == Config::ALTERNATE;
    const int64_t turns = outline.pools_in_turn ? config.resolutions_size() : 1;
    outline.teacher_forwards = outline.images * config.generator_steps() +
                               outline.student_steps * student_images / std::max<int64_t>(1, turns);
    return outline;
  }

  static absl::StatusOr<std::unique_ptr<Method>> Create(const Config& config,
                                                        const MethodServices& services) {
    DFKD_RETURN_IF_ERROR(RequireTeacher(Config::descriptor()->name(), services));
    DFKD_RETURN_IF_ERROR(RequireStudentSteps("MUSE's pools have no end", services));
    auto muse = std::make_unique<Muse>(config, services);
    DFKD_RETURN_IF_ERROR(muse->Init());
    return muse;
  }

  Muse(const Config& config, const MethodServices& services)
      : config_(config), services_(services) {}

  int64_t rounds() const override { return config_.warmup_epochs() + services_.epochs; }

  int64_t StepsIn(int64_t round) const override {
    return int64_t{config_.batches_per_epoch()} * config_.resolutions_size() *
               config_.generator_steps() +
           (InWarmup(round) ? 0 : services_.stepper->steps_per_epoch());
  }

  absl::Status Round(int64_t round) override {
    const int64_t every = config_.reinitialize_generator_every();
    for (const auto& synthesizer : synthesizers_) {
      if (every > 0 && round > 0 && round % every == 0) {
        DFKD_RETURN_IF_ERROR(synthesizer->NewGenerator());
      }
      synthesizer->BeginEpoch();
      synthesizer->SetStudentLosses(!InWarmup(round) || config_.student_losses_in_warmup());
    }
    services_.student->RequireGrad(false);
    services_.student->Eval();
    for (int64_t batch = 0; batch < config_.batches_per_epoch(); ++batch) {
      for (size_t i = 0; i < synthesizers_.size(); ++i) {
        DFKD_RETURN_IF_ERROR(Annotate(
            synthesizers_[i]->SynthesizeBatch(round, services_.pools->pool(i)),
            absl::StrCat("batch ", batch, " at ", config_.resolutions(i).size(), " pixels")));
      }
    }
    services_.student->RequireGrad(true);
    if (InWarmup(round)) return absl::OkStatus();
    std::vector<int64_t> batch_sizes;
    for (const Config::Resolution& resolution : config_.resolutions()) {
      batch_sizes.push_back(StudentBatchSize(resolution));
    }
    return TrainStudentOnPools(
        round - config_.warmup_epochs(), batch_sizes,
        config_.mixing() == Config::ALTERNATE ? PoolMixing::kAlternate : PoolMixing::kTogether,
        services_);
  }

  // Of the largest resolution.
  absl::StatusOr<at::Tensor> SampleClasses(const at::Tensor& labels,
                                           RandomStream& random) override {
    return Largest().SampleClasses(labels, random);
  }

  // Resolutions stand in the order of the pools, and share their rows.
  std::vector<InputPart> InputParts(size_t pool) const override {
    return synthesizers_[pool]->InputParts();
  }
  at::Tensor ClassRows() const override { return Largest().rows(); }
  absl::Status WatchSynthesis(size_t pool, bool new_generator, const Watcher& watch) override {
    return synthesizers_[pool]->Watch(new_generator, watch);
  }

  void Save(StateWriter writer) const override {
    for (size_t i = 0; i < synthesizers_.size(); ++i) {
      synthesizers_[i]->Save(writer.Scope(absl::StrCat(config_.resolutions(i).size())));
    }
  }

  absl::Status Load(const StateReader& reader) override {
    for (size_t i = 0; i < synthesizers_.size(); ++i) {
      DFKD_RETURN_IF_ERROR(
          synthesizers_[i]->Load(reader.Scope(absl::StrCat(config_.resolutions(i).size()))));
    }
    return absl::OkStatus();
  }

 private:
  static int64_t StudentBatchSize(const Config::Resolution& resolution) {
    return resolution.student_batch_size() > 0 ? resolution.student_batch_size()
                                               : resolution.batch_size();
  }

  bool InWarmup(int64_t round) const { return round < config_.warmup_epochs(); }

  Synthesizer& Largest() const {
    size_t largest = 0;
    for (size_t i = 1; i < synthesizers_.size(); ++i) {
      if (config_.resolutions(i).size() > config_.resolutions(largest).size()) largest = i;
    }
    return *synthesizers_[largest];
  }

  absl::Status Init() {
    SynthesizerConfig config = SynthesizerConfigOf(config_);
    DFKD_ASSIGN_OR_RETURN(const at::Tensor rows, Synthesizer::ClassRows(config, services_));
    for (const Config::Resolution& resolution : config_.resolutions()) {
      config.size = {resolution.size(), resolution.size()};
      config.batch_size = resolution.batch_size();
      DFKD_ASSIGN_OR_RETURN(std::unique_ptr<Synthesizer> synthesizer,
                            Synthesizer::Create(config, rows, services_));
      synthesizers_.push_back(std::move(synthesizer));
    }
    return absl::OkStatus();
  }

  const Config config_;
  const MethodServices services_;
  std::vector<std::unique_ptr<Synthesizer>> synthesizers_;  // one for each resolution
};

DFKD_REGISTER_PLUGIN(Method, Muse);

}  // namespace
}  // namespace dfkd
