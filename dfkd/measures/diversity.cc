// How new the new images are. With the judge's embedding f and the Euclidean distance:
//
//   d(x, P) = min over images p of the pool of |f(x) - f(p)|
//
// NAYER's diversity is this distance of new images to the existing ones (Section 4.3). What it
// comes to depends on the network, so the same is given for the new images among themselves and for
// those of the pool.
//
//   measures { [type.googleapis.com/dfkd.DiversityConfig] { images: 500 } }
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/measures/distances.h"
#include "dfkd/measures/diversity.pb.h"
#include "dfkd/measures/judge.h"
#include "dfkd/measures/measure.h"
#include "dfkd/measures/run_images.h"

namespace dfkd {
namespace {

constexpr Capabilities kOfJudge = {Capability::kEmbedding};

class Diversity : public Measure {
 public:
  using Config = DiversityConfig;

  static Contract GetContract(const Config& config) {
    return JudgeContract(config.judge(), {Capability::kImages, Capability::kPool}, kOfJudge);
  }

  static absl::StatusOr<std::unique_ptr<Measure>> Create(const Config& config,
                                                         const MeasureContext& context) {
    DFKD_ASSIGN_OR_RETURN(std::unique_ptr<Judge> judge,
                          Judge::Create(config.judge(), context, "judge", kOfJudge));
    return std::make_unique<Diversity>(config, context, std::move(judge));
  }

  Diversity(const Config& config, const MeasureContext& context, std::unique_ptr<Judge> judge)
      : config_(config), context_(context), judge_(std::move(judge)) {}

  absl::StatusOr<Measurement> Take(RandomStream& random) override {
    DFKD_ASSIGN_OR_RETURN(const RunImages fresh, NewImages(context_, config_.images(), random));
    DFKD_ASSIGN_OR_RETURN(const RunImages kept,
                          PoolImages(context_, config_.pool_images(), fresh, random));
    const at::Tensor of_fresh = judge_->Look(fresh.images).embedding;
    const at::Tensor of_kept = judge_->Look(kept.images).embedding;
    const at::Tensor to_pool = NearestDistances(of_fresh, of_kept);
    Measurement measured;
    measured.notes.push_back(absl::StrCat("Judge: ", judge_->name(), ", embedding of ",
                                          of_fresh.size(1), " dimensions. Of ", fresh.source,
                                          ", and ", kept.source, "."));
    measured.values = {
        {"new_to_pool", to_pool.mean().item<double>(), "",
         "mean distance of a new image to the nearest of the pool"},
        {"new_to_pool_least", to_pool.amin().item<double>(), "", "the least of these distances"}};
    if (of_fresh.size(0) > 1) {
      measured.values.push_back({"among_new", NeighbourDistances(of_fresh, 1).mean().item<double>(),
                                 "", "mean distance of a new image to the nearest other new one"});
    }
    if (of_kept.size(0) > 1) {
      measured.values.push_back({"among_pool", NeighbourDistances(of_kept, 1).mean().item<double>(),
                                 "",
                                 "mean distance of a pool's image to the nearest other one there"});
    }
    return measured;
  }

 private:
  const Config config_;
  const MeasureContext context_;
  const std::unique_ptr<Judge> judge_;
};

DFKD_REGISTER_PLUGIN(Measure, Diversity);

}  // namespace
}  // namespace dfkd
