// STAGE/analysis: what the measures of a run came to, as a table and pictures.
//
//   analysis.csv   a line for each number, point of a curve, picture, note and measure left out
//   *.png, *.svg   the pictures
#ifndef DFKD_REPORT_ANALYSIS_H_
#define DFKD_REPORT_ANALYSIS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/files.h"
#include "dfkd/report/measured.h"

namespace dfkd {

inline constexpr char kAnalysisFolder[] = "analysis";
inline constexpr char kAnalysisFile[] = "analysis.csv";

struct AnalysisPicture {
  std::string file;  // "diversity_map.png" or ".svg", in the folder
  std::string caption;
  std::string bytes;
  // Of a PNG; an SVG has its own.
  int64_t width = 0;
  int64_t height = 0;
  std::vector<std::string> rows;  // titles; empty where the rows are no classes
};

// One measure's part of it.
struct AnalysedMeasure {
  std::string name;  // "coverage"
  std::vector<std::string> notes;
  std::vector<MeasuredValue> values;
  std::vector<MeasuredCurve> curves;
  std::vector<AnalysisPicture> pictures;
  std::string left_out;  // why it was not taken; empty where it was
};

struct Analysis {
  int64_t round = 0;  // rounds that the run had done
  std::vector<AnalysedMeasure> measures;
};

// Whether `name` is the analysis of `measure`, "diversity", or that of one of several pools,
// "diversity_48_px".
bool IsAnalysisOf(absl::string_view measure, absl::string_view name);

// In place of what lay in `dir` from an earlier analysis.
absl::Status WriteAnalysis(FileSystem* files, const std::string& dir, const Analysis& analysis);

// Files may come from strangers: what is malformed is an error, a picture that is no picture a line
// in `notes`.
absl::StatusOr<Analysis> ReadAnalysis(const std::string& dir, std::vector<std::string>* notes);

}  // namespace dfkd

#endif  // DFKD_REPORT_ANALYSIS_H_
