// How a batch comes to be. The method makes one more batch, which nothing keeps, and at each step
// of its generator the images are measured as they are before that step:
//
//   cross_entropy     of the teacher, against the classes that they are made for
//   inception_score   by the judge, of this batch alone
//   new_to_pool       mean distance of an image to the nearest of the pool, in the judge's
//                     embedding space; where the run has a pool
//
// Two runs whose generators differ in their input are compared by these curves in NAYER's Fig. 5.
//
//   measures { [type.googleapis.com/dfkd.SynthesisStepsConfig] { new_generator: true } }
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/measures/distances.h"
#include "dfkd/measures/judge.h"
#include "dfkd/measures/measure.h"
#include "dfkd/measures/run_images.h"
#include "dfkd/measures/synthesis_steps.pb.h"
#include "dfkd/methods/method.h"
#include "dfkd/methods/watchable.h"
#include "dfkd/metrics/inception_score.h"
#include "dfkd/metrics/metrics.h"

namespace dfkd {
namespace {

constexpr char kStep[] = "step of the generator";
constexpr Capabilities kOfJudge = {Capability::kImageLogits, Capability::kEmbedding};

class SynthesisSteps : public Measure {
 public:
  using Config = SynthesisStepsConfig;

  static Contract GetContract(const Config& config) {
    return JudgeContract(config.judge(),
                         {Capability::kImages, Capability::kLabels, Capability::kTeacherOutput},
                         kOfJudge);
  }

  static absl::StatusOr<std::unique_ptr<Measure>> Create(const Config& config,
                                                         const MeasureContext& context) {
    DFKD_ASSIGN_OR_RETURN(std::unique_ptr<Judge> teacher,
                          Judge::Create({}, context, "teacher", {}));
    DFKD_ASSIGN_OR_RETURN(std::unique_ptr<Judge> judge,
                          Judge::Create(config.judge(), context, "judge", kOfJudge));
    return std::make_unique<SynthesisSteps>(config, context, std::move(teacher), std::move(judge));
  }

  SynthesisSteps(const Config& config, const MeasureContext& context,
                 std::unique_ptr<Judge> teacher, std::unique_ptr<Judge> judge)
      : config_(config),
        context_(context),
        teacher_(std::move(teacher)),
        judge_(std::move(judge)) {}

  absl::StatusOr<Measurement> Take(RandomStream& random) override {
    Curves curves;
    at::Tensor pool;
    int64_t batch = 0;
    const auto watch = [&](const at::Tensor& images, const at::Tensor& labels) -> absl::Status {
      if (batch == 0 && PoolSize(context_) > 0) {
        DFKD_ASSIGN_OR_RETURN(pool, PoolEmbedding(random));
      }
      batch = images.size(0);
      AddStep(images, labels, pool, &curves);
      return absl::OkStatus();
    };
    auto* watchable = dynamic_cast<Watchable*>(context_.method);
    if (watchable == nullptr) {
      return ConfigError("the run's method cannot be watched while it makes images");
    }
    DFKD_RETURN_IF_ERROR(watchable->WatchSynthesis(context_.pool, config_.new_generator(), watch));

    Measurement measured;
    measured.notes.push_back(absl::StrCat(
        "A batch of ", batch, " images, begun with ",
        config_.new_generator() ? "a new generator" : "the run's last generator",
        "; nothing of it is kept. Judge of scores and distances: ", judge_->name(), "."));
    Finish({"cross_entropy", kStep, "nats", {}, {}}, std::move(curves.cross_entropy), &measured);
    Finish({"inception_score", kStep, "", {}, {}}, std::move(curves.score), &measured);
    Finish({"new_to_pool", kStep, "", {}, {}}, std::move(curves.distance), &measured);
    return measured;
  }

 private:
  struct Curves {
    std::vector<double> cross_entropy, score, distance;
  };

  absl::StatusOr<at::Tensor> PoolEmbedding(RandomStream& random) const {
    DFKD_ASSIGN_OR_RETURN(const RunImages kept,
                          PoolImages(context_, config_.pool_images(), {}, random));
    return judge_->Look(kept.images).embedding;
  }

  void AddStep(const at::Tensor& images, const at::Tensor& labels, const at::Tensor& pool,
               Curves* curves) const {
    const at::Tensor shown = images.detach().clamp(0, 1);
    const ModelOutput seen = judge_->Look(shown);
    const at::Tensor logits = judge_->is_teacher() ? seen.logits : teacher_->Look(shown).logits;
    curves->cross_entropy.push_back(MeanCrossEntropy(logits, labels.cpu()));
    curves->score.push_back(InceptionScore(seen.logits));
    if (pool.defined()) {
      curves->distance.push_back(NearestDistances(seen.embedding, pool).mean().item<double>());
    }
  }

  // Steps count from 1.
  static void Finish(MeasuredCurve curve, std::vector<double> values, Measurement* measured) {
    if (values.empty()) return;
    for (size_t i = 0; i < values.size(); ++i) curve.x.push_back(static_cast<double>(i + 1));
    double sum = 0;
    for (double value : values) sum += value;
    measured->values.push_back({absl::StrCat(curve.name, "_mean"),
                                sum / static_cast<double>(values.size()), curve.unit,
                                absl::StrCat("over the batch's ", values.size(), " steps")});
    measured->values.push_back(
        {absl::StrCat(curve.name, "_last"), values.back(), curve.unit, "before the last step"});
    curve.values = std::move(values);
    measured->curves.push_back(std::move(curve));
  }

  const Config config_;
  const MeasureContext context_;
  const std::unique_ptr<Judge> teacher_, judge_;
};

DFKD_REGISTER_PLUGIN(Measure, SynthesisSteps);

}  // namespace
}  // namespace dfkd
