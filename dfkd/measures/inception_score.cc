// The Inception Score (Salimans et al. 2016) by a judge of one's choice:
//
//   IS = exp( mean over images x of KL( p(y | x) || p(y) ) ),   p(y) = mean over x of p(y | x)
//
// Splits are S equal parts of the images in their order, in which classes take turns. Judges and
// numbers of images must be equal where scores are compared: few images bias the score downwards.
//
//   measures { [type.googleapis.com/dfkd.InceptionScoreConfig] {
//     judge { preset: "wrn16_2" weights: "judge.safetensors" } } }
#include "dfkd/metrics/inception_score.h"

#include <ATen/ops/tensor.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/measures/inception_score.pb.h"
#include "dfkd/measures/judge.h"
#include "dfkd/measures/measure.h"
#include "dfkd/measures/run_images.h"

namespace dfkd {
namespace {

constexpr Capabilities kOfJudge = {Capability::kImageLogits};

class InceptionScoreMeasure : public Measure {
 public:
  using Config = InceptionScoreConfig;

  static absl::Status Validate(const Config& config) {
    if (config.splits() * 2 > config.images()) {
      return ConfigError(absl::StrCat("splits is ", config.splits(), " of ", config.images(),
                                      " images; must leave at least 2 to each"));
    }
    return absl::OkStatus();
  }

  static Contract GetContract(const Config& config) {
    return JudgeContract(config.judge(), {Capability::kImages}, kOfJudge);
  }

  static absl::StatusOr<std::unique_ptr<Measure>> Create(const Config& config,
                                                         const MeasureContext& context) {
    DFKD_ASSIGN_OR_RETURN(std::unique_ptr<Judge> judge,
                          Judge::Create(config.judge(), context, "judge", kOfJudge));
    return std::make_unique<InceptionScoreMeasure>(config, context, std::move(judge));
  }

  InceptionScoreMeasure(const Config& config, const MeasureContext& context,
                        std::unique_ptr<Judge> judge)
      : config_(config), context_(context), judge_(std::move(judge)) {}

  absl::StatusOr<Measurement> Take(RandomStream& random) override {
    DFKD_ASSIGN_OR_RETURN(const RunImages images, NewImages(context_, config_.images(), random));
    const at::Tensor logits = judge_->Look(images.images).logits;
    std::vector<double> scores;
    for (int64_t split = 0; split < config_.splits(); ++split) {
      const int64_t begin = split * logits.size(0) / config_.splits();
      const int64_t end = (split + 1) * logits.size(0) / config_.splits();
      if (end > begin) scores.push_back(InceptionScore(logits.narrow(0, begin, end - begin)));
    }
    const at::Tensor all = at::tensor(scores, at::kDouble);
    Measurement measured;
    measured.notes.push_back(absl::StrCat("Judge: ", judge_->name(), ", over ", logits.size(1),
                                          " classes. Of ", images.source, "."));
    measured.values.push_back({"inception_score", all.mean().item<double>(), "",
                               "1 at worst, the number of the judge's classes at best"});
    if (config_.splits() > 1) {
      measured.values.push_back({"inception_score_deviation",
                                 all.std(/*unbiased=*/false).item<double>(), "",
                                 absl::StrCat("over ", config_.splits(), " splits")});
    }
    return measured;
  }

 private:
  const Config config_;
  const MeasureContext context_;
  const std::unique_ptr<Judge> judge_;
};

DFKD_REGISTER_PLUGIN(Measure, InceptionScoreMeasure);

}  // namespace
}  // namespace dfkd
