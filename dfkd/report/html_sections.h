// The sections of report.html.
#ifndef DFKD_REPORT_HTML_SECTIONS_H_
#define DFKD_REPORT_HTML_SECTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "dfkd/report/results.h"
#include "dfkd/report/run_folder.h"

namespace dfkd {

// Runs that differ only in the seed, and their rows of the result table.
struct RunGroup {
  std::string label;  // the experiment's name, and the folder's where several groups have that name
  std::vector<const RunFolder*> runs;
  std::vector<ResultRow> rows;
};

std::vector<RunGroup> GroupRuns(const std::vector<RunFolder>& runs);

// A picture under its title; `rows` are the titles of its rows, where they are classes. An SVG
// comes without a size.
struct EmbeddedPicture {
  absl::string_view title;
  absl::string_view media_type;
  absl::string_view bytes;
  int64_t width = 0;
  int64_t height = 0;
  const std::vector<std::string>* rows = nullptr;
};
std::string PictureFigure(const EmbeddedPicture& picture);

// Name, description, what was run, notes.
std::string HeaderSection(const std::vector<RunGroup>& groups);
// The student's number in large, beside the teacher's and the floor's. One group only.
std::string TilesSection(const RunGroup& group);
std::string ResultsSection(const std::vector<RunGroup>& groups);
std::string CurvesSection(const std::vector<RunGroup>& groups);
std::string PicturesSection(const std::vector<RunGroup>& groups);
// What measures came to; "" where none were taken.
std::string AnalysisSection(const std::vector<RunGroup>& groups);
std::string CostSection(const std::vector<RunGroup>& groups);
std::string WeightsSection(const std::vector<RunGroup>& groups);
std::string SettingsSection(const std::vector<RunGroup>& groups);

}  // namespace dfkd

#endif  // DFKD_REPORT_HTML_SECTIONS_H_
