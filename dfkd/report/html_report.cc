#include "dfkd/report/html_report.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dfkd/report/html.h"
#include "dfkd/report/html_sections.h"
#include "dfkd/report/report_style.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

std::string Navigation(bool has_analysis) {
  return absl::StrCat(
      "<nav><a href=\"#results\">Results</a><a href=\"#curves\">Curves</a>"
      "<a href=\"#pictures\">Images</a>",
      has_analysis ? "<a href=\"#analysis\">Analysis</a>" : "",
      "<a href=\"#cost\">Cost</a><a href=\"#weights\">Weights</a>"
      "<a href=\"#settings\">Settings</a></nav>\n");
}

std::string PageTitle(const std::vector<RunFolder>& runs) {
  std::set<std::string> names;
  for (const RunFolder& run : runs) names.insert(run.summary.experiment);
  return absl::StrCat(absl::StrJoin(names, ", "), " · dfkd report");
}

}  // namespace

std::string RenderHtmlReport(const std::vector<RunFolder>& runs) {
  CHECK(!runs.empty());
  const std::vector<RunGroup> groups = GroupRuns(runs);
  const std::string analysis = AnalysisSection(groups);
  return absl::StrCat(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
      EscapeHtml(PageTitle(runs)), "</title>\n<style>", kReportStyle,
      "</style></head>\n<body><div class=\"top\">\n", HeaderSection(groups),
      groups.size() == 1 ? TilesSection(groups[0]) : "", Navigation(!analysis.empty()),
      "</div>\n<main>\n", ResultsSection(groups), CurvesSection(groups), PicturesSection(groups),
      analysis, CostSection(groups), WeightsSection(groups), SettingsSection(groups),
      "<footer>Written by dfkd. This file stands alone: it holds its pictures and loads "
      "nothing.</footer>\n</main></body></html>\n");
}

absl::Status WriteHtmlReport(const std::vector<RunFolder>& runs, FileSystem* files,
                             const std::string& path) {
  return WriteFileAtomically(files, path, RenderHtmlReport(runs));
}

std::vector<ResultRow> ResultsOf(const std::vector<RunFolder>& runs) {
  std::vector<ResultRow> rows;
  size_t settings = 0;
  for (const RunGroup& group : GroupRuns(runs)) {
    for (const ResultRow& row : group.rows) {
      rows.push_back(row);
      rows.back().settings = settings;
    }
    ++settings;
  }
  return rows;
}

}  // namespace dfkd
