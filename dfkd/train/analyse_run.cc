#include "dfkd/train/analyse_run.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "c10/util/Exception.h"
#include "dfkd/core/item_name.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/core/stop.h"
#include "dfkd/measures/measure.h"
#include "dfkd/pool/pool_set.h"
#include "dfkd/report/format.h"
#include "dfkd/report/png.h"
#include "dfkd/report/progress.h"
#include "dfkd/report/recorder.h"
#include "dfkd/report/row_titles.h"
#include "dfkd/report/table.h"
#include "dfkd/train/check.h"
#include "dfkd/train/open_run.h"

namespace dfkd {
namespace {

using google::protobuf::Any;

class Analyst {
 public:
  explicit Analyst(const AnalyseOptions& options) : options_(options) {}

  absl::StatusOr<Analysis> Analyse() {
    DFKD_RETURN_IF_ERROR(Open());
    DFKD_ASSIGN_OR_RETURN(given_, GivenCapabilities(run_->spec));
    const auto& measures = options_.spec.evaluation().measures();
    const std::vector<std::string> names = AnalysedNames(measures);
    Analysis analysis;
    analysis.round = run_->round;
    Progress progress("analysis", measures.size(), "measures");
    progress.Start(0);
    for (int i = 0; i < measures.size(); ++i) {
      if (StopRequested()) {
        return StoppedError("stopped during the analysis; run the same command again");
      }
      const std::string& name = names[i];
      progress.SetStatus(name);
      DFKD_ASSIGN_OR_RETURN(std::vector<AnalysedMeasure> taken,
                            TakeOrLeave(measures[i], name, Path(i)));
      std::move(taken.begin(), taken.end(), std::back_inserter(analysis.measures));
      progress.Advance();
    }
    progress.SetStatus("");
    progress.Finish();
    const std::string dir = JoinPath(run_->stage_dir, kAnalysisFolder);
    Analysis all = analysis;
    if (options_.keep_others) AddEarlier(dir, &all);
    DFKD_RETURN_IF_ERROR(WriteAnalysis(options_.files, dir, all));
    return analysis;
  }

 private:
  static std::string Path(int index) { return absl::StrCat("evaluation.measures[", index, "]"); }

  // Where the data cannot be opened any more, much can be measured still.
  absl::Status Open() {
    OpenRunOptions open;
    open.spec = options_.spec;
    open.run_dir = options_.run_dir;
    open.with_data = true;
    absl::StatusOr<std::unique_ptr<OpenedRun>> run = OpenRun(open);
    if (!run.ok() && options_.leave_out && options_.spec.has_data()) {
      open.with_data = false;
      absl::StatusOr<std::unique_ptr<OpenedRun>> without = OpenRun(open);
      if (without.ok()) {
        why_no_data_ = run.status().message();
        run = std::move(without);
      }
    }
    if (!run.ok()) return run.status();
    run_ = *std::move(run);
    return absl::OkStatus();
  }

  // What an earlier analysis of the same round found, of other measures.
  static void AddEarlier(const std::string& dir, Analysis* analysis) {
    std::vector<std::string> notes;
    absl::StatusOr<Analysis> earlier = ReadAnalysis(dir, &notes);
    if (!earlier.ok() || earlier->round != analysis->round) return;
    const std::vector<AnalysedMeasure> taken = analysis->measures;
    for (AnalysedMeasure& measure : earlier->measures) {
      const bool again = std::any_of(taken.begin(), taken.end(), [&](const AnalysedMeasure& other) {
        return other.name == measure.name;
      });
      if (!again) analysis->measures.push_back(std::move(measure));
    }
  }

  // Of each pool, or once where it is left out.
  absl::StatusOr<std::vector<AnalysedMeasure>> TakeOrLeave(const Any& config,
                                                           const std::string& name,
                                                           const std::string& path) const {
    absl::StatusOr<std::vector<AnalysedMeasure>> taken = Take(config, name, path);
    if (taken.ok()) return taken;
    const ExitCode code = ExitCodeOf(taken.status());
    const bool about_the_run = code == kExitBadConfig || code == kExitBadInput;
    if (!options_.leave_out || !about_the_run) return Annotate(taken.status(), name);
    AnalysedMeasure left;
    left.name = name;
    left.left_out = taken.status().message();
    return std::vector<AnalysedMeasure>{std::move(left)};
  }

  absl::StatusOr<std::vector<AnalysedMeasure>> Take(const Any& config, const std::string& name,
                                                    const std::string& path) const {
    DFKD_ASSIGN_OR_RETURN(const Contract contract,
                          Registry<Measure>::Get().GetContract(config, path));
    if (contract.needs.Has(Capability::kRealData) && !why_no_data_.empty()) {
      return ConfigError(absl::StrCat("the run's data cannot be opened: ", why_no_data_));
    }
    DFKD_RETURN_IF_ERROR(CheckNeeds(contract.needs, given_, path));
    std::vector<AnalysedMeasure> taken;
    const size_t pools = PoolCount();
    for (size_t pool = 0; pool < pools; ++pool) {
      DFKD_ASSIGN_OR_RETURN(
          AnalysedMeasure measure,
          TakeOf(pool, config, pools == 1 ? name : absl::StrCat(name, "_", SizeOf(pool)), path));
      taken.push_back(std::move(measure));
    }
    return taken;
  }

  // 1 where the method keeps none.
  size_t PoolCount() const {
    return run_->parts->pools == nullptr ? 1 : run_->parts->pools->count();
  }

  // "48_px", "48x64_px"; the sizes of pools differ.
  std::string SizeOf(size_t pool) const {
    const PoolOptions& images = run_->parts->pools->pool(pool).options();
    if (images.height == images.width) return absl::StrCat(images.height, "_px");
    return absl::StrCat(images.height, "x", images.width, "_px");
  }

  absl::StatusOr<AnalysedMeasure> TakeOf(size_t pool, const Any& config, const std::string& name,
                                         const std::string& path) const {
    DFKD_ASSIGN_OR_RETURN(const std::unique_ptr<Measure> measure,
                          Registry<Measure>::Get().Create(config, Context(pool), path));
    RandomStream random(options_.seed, absl::StrCat("measure.", name));
    try {
      DFKD_ASSIGN_OR_RETURN(const Measurement measurement, measure->Take(random));
      return Converted(name, measurement);
    } catch (const c10::Error& error) {
      return ConfigError(absl::StrCat("LibTorch: ", error.what_without_backtrace()));
    }
  }

  MeasureContext Context(size_t pool) const {
    MeasureContext context;
    context.card = &run_->parts->card;
    context.teacher = run_->teacher.get();
    context.method = run_->parts->method.get();
    context.pools = run_->parts->pools.get();
    context.pool = pool;
    context.data = run_->parts->data.get();
    context.device = run_->machine.device;
    context.batch_size = run_->spec.evaluation().batch_size();
    return context;
  }

  static absl::StatusOr<AnalysedMeasure> Converted(const std::string& name,
                                                   const Measurement& measurement) {
    AnalysedMeasure measure;
    measure.name = name;
    measure.notes = measurement.notes;
    measure.values = measurement.values;
    measure.curves = measurement.curves;
    for (const MeasuredPicture& picture : measurement.pictures) {
      AnalysisPicture file;
      file.file = absl::StrCat(name, "_", picture.name, picture.svg.empty() ? ".png" : ".svg");
      file.caption = picture.caption;
      file.rows = picture.rows;
      file.bytes = picture.svg;
      if (picture.svg.empty()) {
        PngTexts texts;
        if (!picture.rows.empty()) texts[Recorder::kRowsText] = RowTitlesToText(picture.rows);
        DFKD_ASSIGN_OR_RETURN(file.bytes, EncodePng(picture.image, texts));
        file.height = picture.image.size(1);
        file.width = picture.image.size(2);
      }
      measure.pictures.push_back(std::move(file));
    }
    return measure;
  }

  const AnalyseOptions& options_;
  std::unique_ptr<OpenedRun> run_;
  Capabilities given_;
  std::string why_no_data_;
};

// Of a measure with a value for each class, the first ones.
constexpr size_t kMostShown = 6;

}  // namespace

absl::StatusOr<Analysis> AnalyseRun(const AnalyseOptions& options) {
  return Analyst(options).Analyse();
}

std::vector<std::string> AnalysedNames(
    const google::protobuf::RepeatedPtrField<google::protobuf::Any>& measures) {
  std::map<std::string, int> counts;
  std::vector<std::string> names;
  for (const Any& config : measures) {
    const std::string name = ConfigName(config);
    const int count = ++counts[name];
    names.push_back(count == 1 ? name : absl::StrCat(name, "_", count));
  }
  return names;
}

std::string DescribeAnalysis(const Analysis& analysis) {
  TextTable table({{"measure"}, {"value", Align::kRight}, {""}});
  std::string left_out;
  for (const AnalysedMeasure& measure : analysis.measures) {
    if (!measure.left_out.empty()) {
      absl::StrAppend(&left_out, measure.name, " was left out: ", measure.left_out, "\n");
    }
    for (size_t i = 0; i < measure.values.size() && i < kMostShown; ++i) {
      const MeasuredValue& value = measure.values[i];
      table.AddRow(
          {absl::StrCat(measure.name, ".", value.name),
           absl::StrCat(FormatRounded(value.value, 4), value.unit.empty() ? "" : " ", value.unit),
           value.help});
    }
  }
  return absl::StrCat(table.Render(), left_out);
}

}  // namespace dfkd
