// The squared maximum mean discrepancy between new images and those of the pool, in the judge's
// embedding space f, by its unbiased estimate (Gretton et al., JMLR 13, 2012, eq. 3), M new images
// x and N of the pool p:
//
//   1/(M(M-1)) sum_{i != j} k(x_i, x_j) + 1/(N(N-1)) sum_{i != j} k(p_i, p_j)
//     - 2/(MN) sum_ij k(x_i, p_j),        k(a, b) = exp(-|f(a) - f(b)|^2 / (2 s^2))
//
// About 0 where new images are distributed as the pool's are, and by chance below it; the larger,
// the more of what is new was not there. The bandwidth s is the median distance of the joined
// sample unless it is set; numbers of two runs compare by one judge and one bandwidth.
//
//   measures { [type.googleapis.com/dfkd.MmdConfig] {
//     judge { preset: "plain_cnn_small" weights: "judge.safetensors" } } }
#include "dfkd/metrics/mmd.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/measures/judge.h"
#include "dfkd/measures/measure.h"
#include "dfkd/measures/mmd.pb.h"
#include "dfkd/measures/run_images.h"

namespace dfkd {
namespace {

constexpr Capabilities kOfJudge = {Capability::kEmbedding};

class Mmd : public Measure {
 public:
  using Config = MmdConfig;

  static Contract GetContract(const Config& config) {
    return JudgeContract(config.judge(), {Capability::kImages, Capability::kPool}, kOfJudge);
  }

  static absl::StatusOr<std::unique_ptr<Measure>> Create(const Config& config,
                                                         const MeasureContext& context) {
    DFKD_ASSIGN_OR_RETURN(std::unique_ptr<Judge> judge,
                          Judge::Create(config.judge(), context, "judge", kOfJudge));
    return std::make_unique<Mmd>(config, context, std::move(judge));
  }

  Mmd(const Config& config, const MeasureContext& context, std::unique_ptr<Judge> judge)
      : config_(config), context_(context), judge_(std::move(judge)) {}

  absl::StatusOr<Measurement> Take(RandomStream& random) override {
    DFKD_ASSIGN_OR_RETURN(const RunImages fresh, NewImages(context_, config_.images(), random));
    DFKD_ASSIGN_OR_RETURN(const RunImages kept,
                          PoolImages(context_, config_.pool_images(), fresh, random));
    if (fresh.images.size(0) < 2 || kept.images.size(0) < 2) {
      return ConfigError(absl::StrCat("there are ", fresh.source, ", and ", kept.source,
                                      "; must be at least 2 of each"));
    }
    const at::Tensor of_fresh = judge_->Look(fresh.images).embedding;
    const SquaredMmdResult result =
        SquaredMmd(of_fresh, judge_->Look(kept.images).embedding, config_.bandwidth());
    Measurement measured;
    measured.notes.push_back(absl::StrCat("Judge: ", judge_->name(), ", embedding of ",
                                          of_fresh.size(1), " dimensions. Of ", fresh.source,
                                          ", and ", kept.source, "."));
    measured.values = {
        {"squared_mmd", result.value, "",
         "unbiased: about 0 where new images are distributed as the pool's"},
        {"bandwidth", result.bandwidth, "",
         config_.has_bandwidth() ? "of the kernel, as set" : "of the kernel: the median distance"}};
    return measured;
  }

 private:
  const Config config_;
  const MeasureContext context_;
  const std::unique_ptr<Judge> judge_;
};

DFKD_REGISTER_PLUGIN(Measure, Mmd);

}  // namespace
}  // namespace dfkd
