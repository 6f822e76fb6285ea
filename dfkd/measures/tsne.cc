// Maps by exact t-SNE (metrics/tsne.h) of a judge's embedding:
//
//   pool_and_new   images of the pool (blue) and new ones (orange): whether new images go where
//   none
//                  were (MUSE, Fig. 6b)
//   new_and_real   new images (crosses) and real ones (discs), coloured by class; with data
//   class_rows     the encoder's class rows, and the mean embedding of each class's real images, in
//                  a map each (NAYER, Fig. 8); where the method has rows, and with data
//
// A map keeps neighbourhoods; distances between clouds, and the clouds' sizes, mean little. Its
// divergence is the sum of p log(p / q) over pairs of points, which the descent made small.
//
//   measures { [type.googleapis.com/dfkd.TsneConfig] { images: 500 } }
#include "dfkd/metrics/tsne.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/measures/judge.h"
#include "dfkd/measures/measure.h"
#include "dfkd/measures/run_images.h"
#include "dfkd/measures/tsne.pb.h"
#include "dfkd/methods/method.h"
#include "dfkd/methods/watchable.h"
#include "dfkd/report/scatter.h"

namespace dfkd {
namespace {

constexpr auto kDisc = ScatterSeries::Mark::kDisc;
constexpr auto kCross = ScatterSeries::Mark::kCross;
constexpr int kGrey = 9;
constexpr int kMostTexts = 20;

constexpr Capabilities kOfJudge = {Capability::kEmbedding};

class TsneMeasure : public Measure {
 public:
  using Config = TsneConfig;

  static Contract GetContract(const Config& config) {
    return JudgeContract(config.judge(), {Capability::kImages}, kOfJudge);
  }

  static absl::StatusOr<std::unique_ptr<Measure>> Create(const Config& config,
                                                         const MeasureContext& context) {
    DFKD_ASSIGN_OR_RETURN(std::unique_ptr<Judge> judge,
                          Judge::Create(config.judge(), context, "judge", kOfJudge));
    return std::make_unique<TsneMeasure>(config, context, std::move(judge));
  }

  TsneMeasure(const Config& config, const MeasureContext& context, std::unique_ptr<Judge> judge)
      : config_(config), context_(context), judge_(std::move(judge)) {}

  absl::StatusOr<Measurement> Take(RandomStream& random) override {
    DFKD_ASSIGN_OR_RETURN(const RunImages fresh, NewImages(context_, config_.images(), random));
    const at::Tensor seen = judge_->Look(fresh.images).embedding;
    Measurement measured;
    measured.notes.push_back(absl::StrCat(
        "Judge: ", judge_->name(), ", embedding of ", seen.size(1),
        " dimensions. Neighbourhoods mean something, distances between clouds do not."));
    if (PoolSize(context_) > fresh.newest_of_pool) {
      DFKD_ASSIGN_OR_RETURN(const RunImages kept,
                            PoolImages(context_, config_.images(), fresh, random));
      DFKD_RETURN_IF_ERROR(AddPoolMap(fresh, seen, kept, &measured));
    }
    if (context_.data == nullptr) return measured;
    DFKD_ASSIGN_OR_RETURN(const RunImages real, RealImages(context_, config_.images(), random));
    const at::Tensor seen_real = judge_->Look(real.images).embedding;
    DFKD_RETURN_IF_ERROR(AddRealMap(fresh, seen, real, seen_real, &measured));
    if (context_.pool == 0) AddClassMaps(real, seen_real, &measured);
    return measured;
  }

 private:
  absl::Status AddPoolMap(const RunImages& fresh, const at::Tensor& seen, const RunImages& kept,
                          Measurement* measured) const {
    DFKD_ASSIGN_OR_RETURN(
        const at::Tensor points,
        Map("pool_and_new", at::cat({judge_->Look(kept.images).embedding, seen}), measured));
    const int64_t count = kept.images.size(0);
    const std::vector<ScatterSeries> series = {
        Series("pool", points.narrow(0, 0, count), kDisc, 0),
        Series("new", points.narrow(0, count, points.size(0) - count), kDisc, 1)};
    measured->pictures.push_back(
        {"pool_and_new",
         absl::StrCat("Pool and new images: ", kept.source, ", and ", fresh.source),
         {},
         RenderScatter(series),
         {}});
    return absl::OkStatus();
  }

  absl::Status AddRealMap(const RunImages& fresh, const at::Tensor& seen, const RunImages& real,
                          const at::Tensor& seen_real, Measurement* measured) const {
    DFKD_ASSIGN_OR_RETURN(const at::Tensor points,
                          Map("new_and_real", at::cat({seen_real, seen}), measured));
    const int64_t count = real.images.size(0);
    std::vector<ScatterSeries> series;
    AddByClass(points.narrow(0, 0, count), real.labels, kDisc, &series);
    AddByClass(points.narrow(0, count, points.size(0) - count), fresh.labels, kCross, &series);
    measured->pictures.push_back({"new_and_real",
                                  absl::StrCat("Real images (discs) and new ones (crosses) by "
                                               "class: ",
                                               real.source, ", and ", fresh.source),
                                  {},
                                  RenderScatter(series),
                                  {}});
    return absl::OkStatus();
  }

  // Of the rows that the generator is fed with, and of what the judge makes of real images.
  void AddClassMaps(const RunImages& real, const at::Tensor& seen, Measurement* measured) const {
    const auto* watchable = dynamic_cast<const Watchable*>(context_.method);
    const at::Tensor rows = watchable == nullptr ? at::Tensor() : watchable->ClassRows();
    const int classes = context_.card->class_name_size();
    if (!rows.defined() || classes < 4) return;
    std::vector<at::Tensor> centres;
    for (int64_t label = 0; label < classes; ++label) {
      const at::Tensor members = real.labels.eq(label).nonzero().flatten();
      if (members.numel() == 0) return;
      centres.push_back(seen.index_select(0, members).mean(0));
    }
    AddClassMap("class_rows", "The encoder's class rows", rows, measured);
    AddClassMap("class_centres", "Mean embedding of each class's real images", at::stack(centres),
                measured);
  }

  void AddClassMap(const std::string& name, const std::string& title, const at::Tensor& rows,
                   Measurement* measured) const {
    const TsneResult result = Tsne(rows, Options());
    std::vector<ScatterSeries> series;
    for (int label = 0; label < context_.card->class_name_size(); ++label) {
      series.push_back(Series(context_.card->class_name(label), result.points.narrow(0, label, 1),
                              kDisc, label));
      // The names stand in the map, or in the legend where they would hide one another.
      if (context_.card->class_name_size() > kMostTexts) continue;
      series.back().texts = {std::move(series.back().name)};
      series.back().name.clear();
    }
    measured->pictures.push_back({name, title, {}, RenderScatter(series), {}});
  }

  TsneOptions Options() const { return {config_.perplexity(), config_.iterations()}; }

  absl::StatusOr<at::Tensor> Map(const std::string& name, const at::Tensor& embeddings,
                                 Measurement* measured) const {
    if (embeddings.size(0) < 4) return ConfigError("fewer than 4 images to lay out");
    const TsneResult result = Tsne(embeddings, Options());
    measured->values.push_back({absl::StrCat("divergence_", name), result.kl_divergence, "nats",
                                "how far the map departs from the neighbourhoods"});
    return result.points;
  }

  static ScatterSeries Series(std::string name, const at::Tensor& points, ScatterSeries::Mark mark,
                              int colour) {
    ScatterSeries series{std::move(name), {}, mark, colour, {}};
    const at::Tensor contiguous = points.contiguous();
    const double* data = contiguous.const_data_ptr<double>();
    for (int64_t i = 0; i < points.size(0); ++i) {
      series.points.emplace_back(data[2 * i], data[2 * i + 1]);
    }
    return series;
  }

  // A series for each class that `labels` names; -1 is one too. The legend names discs alone.
  void AddByClass(const at::Tensor& points, const at::Tensor& labels, ScatterSeries::Mark mark,
                  std::vector<ScatterSeries>* series) const {
    for (int label = -1; label < context_.card->class_name_size(); ++label) {
      const at::Tensor members = labels.eq(label).nonzero().flatten();
      if (members.numel() == 0) continue;
      const std::string name = label < 0 ? "any class" : context_.card->class_name(label);
      series->push_back(Series(mark == kDisc ? name : "", points.index_select(0, members), mark,
                               label < 0 ? kGrey : label));
    }
  }

  const Config config_;
  const MeasureContext context_;
  const std::unique_ptr<Judge> judge_;
};

DFKD_REGISTER_PLUGIN(Measure, TsneMeasure);

}  // namespace
}  // namespace dfkd
