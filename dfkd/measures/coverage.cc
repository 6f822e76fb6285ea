// Coverage and density (Naeem et al., ICML 2020) in a judge's embedding space f. With r_i the
// distance of real image i to its k-th nearest other real image, N real and M new images:
//
//   coverage = 1/N  sum_i [ some new image j has |f(x_j) - f(r_i)| < r_i ]
//   density  = 1/kM sum_j sum_i [ |f(x_j) - f(r_i)| < r_i ]
//
// Coverage is 100% where every real image has a synthetic neighbour; density is about 1 where new
// images fall as densely as real ones do.
//
//   measures { [type.googleapis.com/dfkd.CoverageConfig] { neighbours: 5 } }
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/measures/coverage.pb.h"
#include "dfkd/measures/distances.h"
#include "dfkd/measures/judge.h"
#include "dfkd/measures/measure.h"
#include "dfkd/measures/run_images.h"

namespace dfkd {
namespace {

constexpr Capabilities kOfJudge = {Capability::kEmbedding};

class Coverage : public Measure {
 public:
  using Config = CoverageConfig;

  static Contract GetContract(const Config& config) {
    return JudgeContract(config.judge(), {Capability::kImages, Capability::kRealData}, kOfJudge);
  }

  static absl::StatusOr<std::unique_ptr<Measure>> Create(const Config& config,
                                                         const MeasureContext& context) {
    DFKD_ASSIGN_OR_RETURN(std::unique_ptr<Judge> judge,
                          Judge::Create(config.judge(), context, "judge", kOfJudge));
    return std::make_unique<Coverage>(config, context, std::move(judge));
  }

  Coverage(const Config& config, const MeasureContext& context, std::unique_ptr<Judge> judge)
      : config_(config), context_(context), judge_(std::move(judge)) {}

  absl::StatusOr<Measurement> Take(RandomStream& random) override {
    DFKD_ASSIGN_OR_RETURN(const RunImages fresh, NewImages(context_, config_.images(), random));
    DFKD_ASSIGN_OR_RETURN(const RunImages real,
                          RealImages(context_, config_.real_images(), random));
    const int64_t k = config_.neighbours();
    if (real.images.size(0) <= k) {
      return ConfigError(absl::StrCat("neighbours is ", k, ", but there are ", real.images.size(0),
                                      " real images; must be fewer"));
    }
    const at::Tensor of_real = judge_->Look(real.images).embedding;
    const at::Tensor inside =
        CountWithin(of_real, NeighbourDistances(of_real, k), judge_->Look(fresh.images).embedding);
    Measurement measured;
    measured.notes.push_back(absl::StrCat("Judge: ", judge_->name(), ". Of ", fresh.source,
                                          ", and ", real.source, ", with ", k, " neighbours."));
    measured.values = {
        {"coverage", 100 * inside.gt(0).to(at::kDouble).mean().item<double>(), "%",
         "real images that have a synthetic one in their neighbourhood"},
        {"density", inside.sum().item<double>() / static_cast<double>(k * fresh.images.size(0)), "",
         "neighbourhoods of real images that a new image lies in, over k"}};
    return measured;
  }

 private:
  const Config config_;
  const MeasureContext context_;
  const std::unique_ptr<Judge> judge_;
};

DFKD_REGISTER_PLUGIN(Measure, Coverage);

}  // namespace
}  // namespace dfkd
