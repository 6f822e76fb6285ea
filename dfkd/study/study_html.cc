// study.html: rules, table, curves and plots over factors, in one file.
#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/report/chart.h"
#include "dfkd/report/html.h"
#include "dfkd/report/report_style.h"
#include "dfkd/report/results.h"
#include "dfkd/study/study_file.h"
#include "dfkd/study/study_plan.h"
#include "dfkd/study/study_report.h"
#include "dfkd/study/study_tables.h"

namespace dfkd {
namespace {

constexpr size_t kCurvesInOneChart = 8;

// Beside the style of report.html.
constexpr char kStudyStyle[] =
    "main, .top { max-width: 1280px; }\n"
    "table { font-size: 14px; }\n"
    "th, td { padding-left: 8px; padding-right: 8px; }\n"
    "th { white-space: normal; vertical-align: bottom; }\n"
    "td:nth-child(2) { min-width: 130px; }\n"
    ".card > p:first-child, .card > pre:first-child { margin-top: 0; }\n"
    ".plotrow { grid-template-columns: minmax(0, 1fr) 300px; }\n";

std::string TableHtml(const StudyTable& table) {
  std::string html = "<div class=\"scroll\"><table><thead><tr>";
  for (const TableColumn& column : table.columns) {
    absl::StrAppend(&html, column.align == Align::kRight ? "<th class=\"n\">" : "<th>",
                    EscapeHtml(column.title), "</th>");
  }
  html += "</tr></thead>\n<tbody>";
  for (const std::vector<std::string>& row : table.rows) {
    html += "<tr>";
    for (size_t i = 0; i < row.size(); ++i) {
      absl::StrAppend(&html, table.columns[i].align == Align::kRight ? "<td class=\"n\">" : "<td>",
                      EscapeHtml(row[i]), "</td>");
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string Section(absl::string_view id, absl::string_view title, const std::string& content) {
  if (content.empty()) return "";
  return absl::StrCat("<section id=\"", id, "\"><h2>", title, "</h2>\n<div class=\"card\">",
                      content, "</div></section>\n");
}

std::string TableSection(absl::string_view id, absl::string_view title, const StudyTable& table) {
  return Section(id, title, table.empty() ? "" : TableHtml(table));
}

std::string Hint(absl::string_view text) {
  return absl::StrCat("<p class=\"hint\">", EscapeHtml(text), "</p>\n");
}

std::string Header(const StudyResults& results) {
  int finished = 0, all = 0;
  for (const CellResult& cell : results.cells) {
    for (const StudyRun& run : cell.runs) {
      finished += run.state == RunState::kFinished ? 1 : 0;
      ++all;
    }
  }
  return absl::StrCat("<p class=\"eyebrow\">dfkd · study</p>\n<h1>", EscapeHtml(results.name),
                      "</h1>\n<p class=\"lead\">", EscapeHtml(results.study.description()),
                      "</p>\n<ul class=\"facts\"><li>Seeds <b>",
                      absl::StrJoin(results.study.seed(), ", "), "</b></li><li>Cells <b>",
                      results.cells.size(), "</b></li><li>Runs finished <b>", finished, " of ", all,
                      "</b></li></ul>\n");
}

// Mean and deviation over the runs, at each epoch that all finished runs have.
ChartSeries CurveOf(const CellResult& cell) {
  std::map<double, std::vector<double>> by_epoch;
  size_t runs = 0;
  for (const StudyRun& run : cell.runs) {
    if (run.state != RunState::kFinished) continue;
    ++runs;
    for (const auto& [epoch, value] : run.curve) by_epoch[epoch].push_back(value);
  }
  ChartSeries series;
  series.name = cell.cell.label;
  for (const auto& [epoch, values] : by_epoch) {
    if (values.size() != runs) continue;
    const Spread spread = Spread::Of(values);
    series.points.emplace_back(epoch, spread.mean);
    if (runs > 1) series.spread.push_back(spread.deviation);
  }
  return series;
}

// All cells in one chart, or, where they are many, a chart for each arm.
std::string Curves(const StudyResults& results) {
  std::vector<Chart> charts;
  int arm = -1;
  for (const CellResult& cell : results.cells) {
    const bool together = results.cells.size() <= kCurvesInOneChart;
    if (charts.empty() || (!together && cell.cell.arm != arm)) {
      charts.push_back({"Accuracy by epoch, mean and deviation over seeds", "epoch", "%", {}, {}});
      if (!together) charts.back().title = LabelOf(results.study.arm(cell.cell.arm));
    }
    arm = cell.cell.arm;
    ChartSeries series = CurveOf(cell);
    if (!series.points.empty()) charts.back().series.push_back(std::move(series));
  }
  std::string html;
  for (const Chart& chart : charts) {
    if (!chart.series.empty()) absl::StrAppend(&html, RenderChart(chart));
  }
  return html;
}

bool HasNumbers(const StudyFactor& factor) {
  for (const StudyValue& value : factor.value()) {
    if (!value.has_number()) return false;
  }
  return true;
}

std::string AxisTitle(const StudyFactor& factor) {
  return factor.unit().empty() ? factor.name() : absl::StrCat(factor.name(), ", ", factor.unit());
}

// What a cell is but for factor `f`: cells of one key are points of one series.
std::string SeriesName(const Study& study, const StudyCell& cell, int f) {
  std::string name = LabelOf(study.arm(cell.arm));
  for (int g = 0; g < study.factor_size(); ++g) {
    if (g == f || cell.values[g] < 0) continue;
    absl::StrAppend(&name, ", ", study.factor(g).value(cell.values[g]).name());
  }
  return name;
}

void AddPoint(const std::string& name, double x, const Spread& y, Chart* chart) {
  if (y.count == 0) return;
  auto series = std::find_if(chart->series.begin(), chart->series.end(),
                             [&name](const ChartSeries& known) { return known.name == name; });
  if (series == chart->series.end()) series = chart->series.insert(series, ChartSeries{name, {}});
  series->points.emplace_back(x, y.mean);
  series->spread.push_back(y.deviation);
}

// A measure over a factor whose values are numbers.
Chart FactorChart(const StudyResults& results, int f, const std::string& measure) {
  const StudyFactor& factor = results.study.factor(f);
  Chart chart{absl::StrCat(MeasureTitle(results, measure), " by ", factor.name()),
              AxisTitle(factor),
              measure == kAccuracy ? "%" : "",
              {},
              {}};
  for (const CellResult& cell : results.cells) {
    const int value = cell.cell.values[f];
    if (value < 0) {
      // An arm without the factor is a level to compare with.
      const Spread spread = cell.Measure(measure);
      if (spread.count > 0) chart.levels.push_back({cell.cell.label, spread.mean});
      continue;
    }
    AddPoint(SeriesName(results.study, cell.cell, f), factor.value(value).number(),
             cell.Measure(measure), &chart);
  }
  return chart;
}

// What the choice looked at, over the factor that was chosen.
Chart ChoiceChart(const StudyResults& results, int f) {
  const StudyFactor& factor = results.study.factor(f);
  const StudyChoice& choose = results.study.choose();
  Chart chart{absl::StrCat(choose.column(), " by ", factor.name(), ", on the seeds that choose"),
              AxisTitle(factor),
              "",
              {},
              {}};
  for (const StudyChoiceResult& choice : results.choices) {
    for (const CellResult& candidate : choice.candidates) {
      std::vector<double> values;
      for (const StudyRun& run : candidate.runs) {
        if (run.choice) values.push_back(*run.choice);
      }
      AddPoint(choice.cell, factor.value(candidate.cell.values[f]).number(), Spread::Of(values),
               &chart);
    }
  }
  return chart;
}

std::string FactorCharts(const StudyResults& results) {
  std::string html, smalls;
  for (int f = 0; f < results.study.factor_size(); ++f) {
    const StudyFactor& factor = results.study.factor(f);
    if (!HasNumbers(factor)) continue;
    if (results.study.has_choose() && results.study.choose().factor() == factor.name()) {
      absl::StrAppend(&html, RenderChart(ChoiceChart(results, f)));
      continue;
    }
    absl::StrAppend(&html, RenderChart(FactorChart(results, f, kAccuracy)));
    for (const StudyMeasure& measure : results.study.measure()) {
      absl::StrAppend(&smalls, RenderSmallChart(FactorChart(results, f, measure.name())));
    }
  }
  if (smalls.empty()) return html;
  return absl::StrCat(html, "<div class=\"smalls\">", smalls, "</div>\n");
}

std::string RunsList(const StudyResults& results) {
  std::string html = "<details><summary>Each run's report</summary><p>";
  for (const StudyRun* run : AllRuns(results)) {
    absl::StrAppend(&html, "<a href=\"", EscapeHtml(run->folder), "/report.html\">",
                    EscapeHtml(run->folder), "</a> ", RunStateName(run->state), "<br>");
  }
  return html + "</p></details>\n";
}

}  // namespace

std::string RenderStudyHtml(const StudyResults& results) {
  std::string result =
      TableHtml(ResultTable(results)) + Hint(kHowDifferencesAreTaken) + Hint(kHowPoolsAreCounted);
  if (!results.has_papers_numbers) result += Hint(kSmallScale);
  return absl::StrCat(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
      EscapeHtml(results.name), " · dfkd study</title>\n<style>", kReportStyle, kStudyStyle,
      "</style></head>\n<body><div class=\"top\">\n", Header(results), "</div>\n<main>\n",
      Section("claim", "Claim and rules",
              absl::StrCat("<p>", EscapeHtml(results.study.claim()), "</p>\n",
                           results.study.rule().empty() ? "" : TableHtml(RuleTable(results)))),
      Section("results", "Results", result), Section("curves", "Curves", Curves(results)),
      Section("factors", "By factor", FactorCharts(results)),
      TableSection("choice", "What was chosen", ChoiceTable(results)),
      TableSection("teachers", "Teachers", TeacherTable(results)),
      TableSection("failures", "Runs that failed", FailureTable(results)),
      Section("settings", "Settings",
              absl::StrCat("<pre>", EscapeHtml(results.command), "</pre>\n", RunsList(results),
                           "<details><summary>The study</summary><pre>",
                           EscapeHtml(PrintTextproto(results.study)), "</pre></details>\n")),
      "<footer>Written by dfkd. This file stands alone: it loads nothing.</footer>\n"
      "</main></body></html>\n");
}

}  // namespace dfkd
