// Knowledge distillation on given images. With the teacher's own data it is the ceiling that
// data-free methods are measured against (the rows "KD" of NAYER Table 1); with noise, their floor.
// What is minimised stands in student.losses, distill_kl as a rule.
#include <ATen/ops/empty.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/data/dataset.h"
#include "dfkd/methods/data_epoch.h"
#include "dfkd/methods/knowledge_distillation.pb.h"
#include "dfkd/methods/method.h"
#include "dfkd/methods/method_parts.h"
#include "dfkd/report/budget.h"
#include "dfkd/report/progress.h"
#include "dfkd/train/stopwatch.h"
#include "dfkd/train/student_stepper.h"

namespace dfkd {
namespace {

class KnowledgeDistillation : public Method {
 public:
  using Config = KnowledgeDistillationConfig;

  static Contract GetContract(const Config& config) {
    Contract contract;
    contract.needs = {Capability::kTeacherOutput};
    contract.provides = {Capability::kStudentOutput};
    if (config.images() == Config::REAL) {
      contract.needs = contract.needs | Capabilities{Capability::kRealData};
      contract.provides = contract.provides | Capabilities{Capability::kLabels};
    }
    return contract;
  }

  static MethodOutline GetOutline(const Config& config, const Experiment& experiment) {
    MethodOutline outline = DataEpochOutline(experiment);
    outline.teacher_forwards = outline.student_steps * outline.largest_batch;
    if (config.images() != Config::REAL) outline.images = outline.teacher_forwards;
    return outline;
  }

  static absl::StatusOr<std::unique_ptr<Method>> Create(const Config& config,
                                                        const MethodServices& services) {
    DFKD_RETURN_IF_ERROR(RequireTeacher(Config::descriptor()->name(), services));
    if (config.images() == Config::REAL) {
      if (services.data == nullptr || services.data->split(SplitName::kTrain) == nullptr) {
        return ConfigError(
            "method KnowledgeDistillationConfig with images: REAL needs data with a train split; "
            "set "
            "data.source or images: UNIFORM_NOISE");
      }
    } else {
      DFKD_RETURN_IF_ERROR(RequireStudentSteps("noise has no end", services));
    }
    return std::make_unique<KnowledgeDistillation>(config, services);
  }

  KnowledgeDistillation(const Config& config, const MethodServices& services)
      : config_(config), services_(services) {}

  int64_t rounds() const override { return services_.epochs; }

  int64_t StepsIn(int64_t) const override {
    if (config_.images() != Config::REAL) return services_.stepper->steps_per_epoch();
    return DataEpochSteps(*services_.data->split(SplitName::kTrain), services_);
  }

  absl::Status Round(int64_t round) override {
    if (config_.images() == Config::REAL) {
      return RunDataEpoch(round, *services_.data->split(SplitName::kTrain), services_);
    }
    const Stopwatch stopwatch(services_.budget, "student");
    services_.stepper->BeginEpoch(round);
    for (int64_t step = 0; step < services_.stepper->steps_per_epoch(); ++step) {
      DFKD_RETURN_IF_ERROR(services_.CheckStop());
      DFKD_RETURN_IF_ERROR(
          Annotate(services_.stepper->Step(DrawNoise(services_.stepper->batch_size()), {}),
                   absl::StrCat("epoch ", round, ", step ", step)));
      services_.progress->Advance();
    }
    return absl::OkStatus();
  }

 private:
  // [n, C, H, W] in [0, 1]
  at::Tensor DrawNoise(int64_t n) {
    const TeacherCard& card = *services_.card;
    const std::vector<int64_t> shape = {n, card.channels(), card.height(), card.width()};
    RandomStream& stream = services_.streams->Get("noise_images");
    services_.budget->images += n;
    services_.budget->pixels += n * card.height() * card.width();
    if (config_.images() == Config::UNIFORM_NOISE)
      return stream.Uniform(shape).to(services_.device);
    at::Tensor noise = stream.Normal(shape);
    for (int c = 0; c < card.channels(); ++c) {
      noise.select(1, c).mul_(card.normalization().std(c)).add_(card.normalization().mean(c));
    }
    return noise.clamp_(0, 1).to(services_.device);
  }

  const Config config_;
  const MethodServices services_;
};

DFKD_REGISTER_PLUGIN(Method, KnowledgeDistillation);

}  // namespace
}  // namespace dfkd
