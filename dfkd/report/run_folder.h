// A run's folder, read for a report. Runs may be unfinished, and files may come from strangers:
// what is missing or malformed becomes a note, not an error.
#ifndef DFKD_REPORT_RUN_FOLDER_H_
#define DFKD_REPORT_RUN_FOLDER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/report/analysis.h"
#include "dfkd/report/summary.h"

namespace dfkd {

// A metrics.csv. Every row has a value, or none, per column.
struct MetricsTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::optional<double>>> rows;

  // (epoch, value) of the rows that have both, in their order; empty for an unknown column.
  std::vector<std::pair<double, double>> Points(absl::string_view column) const;
  // The last value in the column.
  std::optional<double> Last(absl::string_view column) const;
};

// A picture in STAGE/samples.
struct SamplePicture {
  std::string name;  // without ".png"
  int64_t epoch = 0;
  int64_t width = 0;
  int64_t height = 0;
  std::vector<std::string> rows;  // titles; empty where the rows are no classes
  std::string png;
};

struct StageFolder {
  std::string name;
  MetricsTable metrics;
  std::vector<SamplePicture> samples;  // by epoch, then by name
  std::vector<std::string> weights;    // files, relative to the run's folder
  Analysis analysis;                   // without measures where none were taken
};

struct RunFolder {
  std::string path;
  // Holds every stage of `stages`: what summary.json lacks is taken from the stage's metrics.csv.
  RunSummary summary;
  std::vector<StageFolder> stages;  // in the order of summary.stages
  std::string resolved;             // resolved.textproto
  std::string command;              // command.txt
  // `resolved`, where all its plugins are linked into this program.
  std::optional<Experiment> experiment;
  std::vector<std::string> notes;

  // The folder's own name.
  std::string Name() const;
  // The stage's summary, which stands at the same place.
  const StageSummary& SummaryOf(const StageFolder& stage) const;
  // The settings without the seed: runs with equal keys differ in nothing else.
  std::string SettingsKey() const;
};

// An error only where `path` is no run's folder at all.
absl::StatusOr<RunFolder> ReadRunFolder(const std::string& path);

// The column that a stage is judged by: test_top1, else validation_top1, else agreement; "" where
// there is none.
std::string AccuracyColumn(const MetricsTable& metrics);

}  // namespace dfkd

#endif  // DFKD_REPORT_RUN_FOLDER_H_
