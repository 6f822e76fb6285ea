#include "dfkd/report/run_folder.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "dfkd/core/files.h"
#include "dfkd/core/status.h"
#include "dfkd/report/csv.h"
#include "dfkd/report/png.h"
#include "dfkd/report/recorder.h"
#include "dfkd/report/row_titles.h"

namespace dfkd {
namespace {

constexpr int64_t kMaxTextBytes = 4 << 20;
constexpr int64_t kMaxMetricsBytes = 64 << 20;
constexpr int64_t kMaxPictureBytes = 16 << 20;
// A report shows the newest picture and a few before it.
constexpr size_t kMaxPictures = 8;

class IgnoreErrors : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int, google::protobuf::io::ColumnNumber, const std::string&) override {}
};

std::vector<std::string> ListOrNothing(const std::string& dir) {
  absl::StatusOr<std::vector<std::string>> names = ListDirectory(dir);
  return names.ok() ? *std::move(names) : std::vector<std::string>();
}

std::string ReadText(const std::string& dir, const std::string& name, RunFolder* run) {
  const std::string path = JoinPath(dir, name);
  if (!FileExists(path)) {
    run->notes.push_back(absl::StrCat(name, " is missing."));
    return "";
  }
  absl::StatusOr<std::string> text = ReadFile(path, kMaxTextBytes);
  if (text.ok()) return *std::move(text);
  run->notes.emplace_back(text.status().message());
  return "";
}

std::optional<double> ParseCell(const std::string& cell) {
  double value = 0;
  if (!absl::SimpleAtod(cell, &value) || !std::isfinite(value)) return std::nullopt;
  return value;
}

absl::StatusOr<MetricsTable> ReadMetrics(const std::string& path) {
  DFKD_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxMetricsBytes));
  absl::StatusOr<std::vector<CsvRow>> rows = ParseCsv(text);
  if (!rows.ok()) return Annotate(rows.status(), path);
  MetricsTable table;
  if (rows->empty()) return table;
  table.columns = rows->front();
  for (size_t i = 1; i < rows->size(); ++i) {
    const CsvRow& cells = (*rows)[i];
    if (cells.size() != table.columns.size()) {
      return InputFileError(absl::StrCat(path, ": row ", i, " has ", cells.size(),
                                         " cells; the header has ", table.columns.size()));
    }
    std::vector<std::optional<double>>& row = table.rows.emplace_back();
    for (const std::string& cell : cells) row.push_back(ParseCell(cell));
  }
  return table;
}

absl::StatusOr<SamplePicture> ReadPicture(const std::string& path) {
  SamplePicture picture;
  DFKD_ASSIGN_OR_RETURN(picture.png, ReadFile(path, kMaxPictureBytes));
  absl::StatusOr<PngInfo> info = ReadPngInfo(picture.png);
  if (!info.ok()) return Annotate(info.status(), path);
  picture.width = info->width;
  picture.height = info->height;
  picture.rows = RowTitles(info->texts, Recorder::kRowsText);
  const auto epoch = info->texts.find(Recorder::kEpochText);
  if (epoch != info->texts.end() && !absl::SimpleAtoi(epoch->second, &picture.epoch)) {
    picture.epoch = 0;
  }
  return picture;
}

void ReadSamples(const std::string& dir, StageFolder* stage, std::vector<std::string>* notes) {
  for (const std::string& file : ListOrNothing(dir)) {
    absl::string_view name = file;
    if (!absl::ConsumeSuffix(&name, ".png")) continue;
    absl::StatusOr<SamplePicture> picture = ReadPicture(JoinPath(dir, file));
    if (!picture.ok()) {
      notes->emplace_back(picture.status().message());
      continue;
    }
    picture->name = std::string(name);
    stage->samples.push_back(*std::move(picture));
    std::stable_sort(stage->samples.begin(), stage->samples.end(),
                     [](const SamplePicture& a, const SamplePicture& b) {
                       return std::tie(a.epoch, a.name) < std::tie(b.epoch, b.name);
                     });
    if (stage->samples.size() > kMaxPictures) stage->samples.erase(stage->samples.begin());
  }
}

void ReadStageAnalysis(const std::string& dir, StageFolder* stage,
                       std::vector<std::string>* notes) {
  if (!FileExists(JoinPath(dir, kAnalysisFile))) return;
  absl::StatusOr<Analysis> analysis = ReadAnalysis(dir, notes);
  if (analysis.ok()) {
    stage->analysis = *std::move(analysis);
  } else {
    notes->emplace_back(analysis.status().message());
  }
}

StageFolder ReadStage(const std::string& run_path, const std::string& name,
                      std::vector<std::string>* notes) {
  StageFolder stage;
  stage.name = name;
  const std::string dir = JoinPath(run_path, name);
  const std::string metrics = JoinPath(dir, Recorder::kMetricsFile);
  if (FileExists(metrics)) {
    absl::StatusOr<MetricsTable> table = ReadMetrics(metrics);
    if (table.ok()) {
      stage.metrics = *std::move(table);
    } else {
      notes->emplace_back(table.status().message());
    }
  } else if (FileExists(dir)) {  // a teacher that was measured, and not trained, has no folder
    notes->push_back(absl::StrCat(name, "/", Recorder::kMetricsFile, " is missing: no curves."));
  }
  ReadSamples(JoinPath(dir, Recorder::kSamplesFolder), &stage, notes);
  ReadStageAnalysis(JoinPath(dir, kAnalysisFolder), &stage, notes);
  for (const char* file : {"last.safetensors", "best.safetensors"}) {
    if (FileExists(JoinPath(dir, file))) stage.weights.push_back(JoinPath(name, file));
  }
  return stage;
}

StageRole GuessRole(absl::string_view name) {
  if (absl::StrContains(name, "teacher")) return StageRole::kTeacher;
  if (absl::StrContains(name, "floor") || absl::StrContains(name, "noise")) {
    return StageRole::kFloor;
  }
  if (absl::StrContains(name, "ceiling")) return StageRole::kCeiling;
  return StageRole::kStudent;
}

std::optional<PoolContent> PoolFromMetrics(const MetricsTable& metrics) {
  const std::optional<double> images = metrics.Last("pool_images");
  if (!images) return std::nullopt;
  PoolContent pool;
  pool.images = std::llround(*images);
  pool.pixels = std::llround(metrics.Last("pool_pixels").value_or(0));
  pool.images_per_class = metrics.Last("pool_images_per_class").value_or(0);
  pool.data_ratio = metrics.Last("pool_data_ratio");
  return pool;
}

// What a stage's metrics.csv tells of it.
StageSummary SummaryFromMetrics(const StageFolder& folder) {
  StageSummary stage;
  stage.name = folder.name;
  stage.role = GuessRole(folder.name);
  stage.metric = AccuracyColumn(folder.metrics);
  for (const auto& [epoch, value] : folder.metrics.Points(stage.metric)) {
    stage.last = value;
    stage.last_epoch = std::llround(epoch);
    if (!stage.best || value > *stage.best) {
      stage.best = value;
      stage.best_epoch = stage.last_epoch;
    }
  }
  const auto count = [&](absl::string_view column) -> int64_t {
    return std::llround(folder.metrics.Last(column).value_or(0));
  };
  stage.budget.images = count("images");
  stage.budget.pixels = count("pixels");
  stage.budget.teacher_forwards = count("teacher_forwards");
  stage.budget.teacher_backwards = count("teacher_backwards");
  for (const std::string& column : folder.metrics.columns) {
    absl::string_view part = column;
    if (!absl::ConsumePrefix(&part, "seconds_") || part == "total") continue;
    stage.budget.seconds[std::string(part)] = folder.metrics.Last(column).value_or(0);
  }
  stage.pool = PoolFromMetrics(folder.metrics);
  return stage;
}

bool IsStage(const std::string& dir) {
  return FileExists(JoinPath(dir, Recorder::kMetricsFile)) ||
         !ListOrNothing(JoinPath(dir, Recorder::kSamplesFolder)).empty();
}

// Those of the summary in its order, then teachers, then the rest by name.
std::vector<std::string> StageNames(const std::string& path, const RunSummary& summary) {
  std::vector<std::string> names, others;
  for (const StageSummary& stage : summary.stages) names.push_back(stage.name);
  for (const std::string& name : ListOrNothing(path)) {
    const bool known = std::find(names.begin(), names.end(), name) != names.end();
    if (!known && IsStage(JoinPath(path, name))) others.push_back(name);
  }
  std::stable_partition(others.begin(), others.end(), [](const std::string& name) {
    return GuessRole(name) == StageRole::kTeacher;
  });
  names.insert(names.end(), others.begin(), others.end());
  return names;
}

void ReadSpec(RunFolder* run) {
  run->resolved = ReadText(run->path, "resolved.textproto", run);
  if (run->resolved.empty()) return;
  IgnoreErrors ignore;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&ignore);
  Experiment experiment;
  if (parser.ParseFromString(run->resolved, &experiment)) {
    run->experiment = std::move(experiment);
  } else {
    run->notes.push_back(
        "resolved.textproto uses plugins that this program does not know: it is shown, but its "
        "paper's numbers are not, and runs that differ in the seed are not averaged.");
  }
}

void ReadRunSummary(RunFolder* run) {
  if (FileExists(JoinPath(run->path, "summary.json"))) {
    absl::StatusOr<RunSummary> summary = ReadSummary(run->path);
    if (summary.ok()) {
      run->summary = *std::move(summary);
      if (!run->summary.finished) {
        run->notes.push_back("The run is not finished: these are its numbers so far.");
      }
      return;
    }
    run->notes.emplace_back(summary.status().message());
  } else {
    run->notes.push_back(
        "summary.json is missing, so the run is not finished: numbers are taken from metrics.csv.");
  }
  run->summary.experiment = run->Name();
  if (!run->experiment) return;
  run->summary.description = run->experiment->description();
  run->summary.seed = run->experiment->train().seed();
  run->summary.selection = run->experiment->evaluation().selection();
}

}  // namespace

std::vector<std::pair<double, double>> MetricsTable::Points(absl::string_view column) const {
  std::vector<std::pair<double, double>> points;
  const auto x = std::find(columns.begin(), columns.end(), "epoch");
  const auto y = std::find(columns.begin(), columns.end(), column);
  if (x == columns.end() || y == columns.end()) return points;
  for (const std::vector<std::optional<double>>& row : rows) {
    const std::optional<double>& epoch = row[x - columns.begin()];
    const std::optional<double>& value = row[y - columns.begin()];
    if (epoch && value) points.emplace_back(*epoch, *value);
  }
  return points;
}

std::optional<double> MetricsTable::Last(absl::string_view column) const {
  const std::vector<std::pair<double, double>> points = Points(column);
  if (points.empty()) return std::nullopt;
  return points.back().second;
}

std::string RunFolder::Name() const {
  const std::string trimmed = path.substr(0, path.find_last_not_of('/') + 1);
  return trimmed.substr(trimmed.find_last_of('/') + 1);
}

const StageSummary& RunFolder::SummaryOf(const StageFolder& stage) const {
  return summary.stages[&stage - stages.data()];
}

std::string RunFolder::SettingsKey() const {
  if (!experiment) return absl::StrCat(path, "\n", resolved);
  Experiment settings = *experiment;
  if (settings.has_train()) settings.mutable_train()->clear_seed();
  return absl::StrCat(summary.experiment, "\n", settings.SerializeAsString());
}

std::string AccuracyColumn(const MetricsTable& metrics) {
  for (const char* column :
       {"test_top1", "test_miou", "validation_top1", "validation_miou", "agreement"}) {
    if (metrics.Last(column)) return column;
  }
  return "";
}

absl::StatusOr<RunFolder> ReadRunFolder(const std::string& path) {
  RunFolder run;
  run.path = path;
  DFKD_RETURN_IF_ERROR(ListDirectory(path).status());
  if (!FileExists(JoinPath(path, "summary.json")) &&
      !FileExists(JoinPath(path, "resolved.textproto")) && StageNames(path, {}).empty()) {
    return InputFileError(absl::StrCat(path,
                                       " is not a run's folder: it has no summary.json, no "
                                       "resolved.textproto and no folder with a metrics.csv"));
  }
  ReadSpec(&run);
  run.command = ReadText(path, "command.txt", &run);
  ReadRunSummary(&run);
  for (const std::string& name : StageNames(path, run.summary)) {
    run.stages.push_back(ReadStage(path, name, &run.notes));
    const size_t place = run.stages.size() - 1;
    if (place == run.summary.stages.size()) {
      run.summary.stages.push_back(SummaryFromMetrics(run.stages.back()));
    }
  }
  return run;
}

}  // namespace dfkd
