// What the measures of a run came to, in report.html.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "dfkd/report/chart.h"
#include "dfkd/report/format.h"
#include "dfkd/report/html.h"
#include "dfkd/report/html_sections.h"

namespace dfkd {
namespace {

// More values than this, such as one for each class, are folded away.
constexpr size_t kMostOpenValues = 8;

// One measure, as each run of a group has it.
struct Taken {
  std::string stage;
  std::vector<std::pair<const RunFolder*, const AnalysedMeasure*>> by_run;

  const AnalysedMeasure& first() const { return *by_run.front().second; }
};

// In the order of the first run that has each.
std::vector<Taken> MeasuresOf(const RunGroup& group) {
  std::vector<Taken> all;
  for (const RunFolder* run : group.runs) {
    for (const StageFolder& stage : run->stages) {
      for (const AnalysedMeasure& measure : stage.analysis.measures) {
        const auto same = std::find_if(all.begin(), all.end(), [&](const Taken& taken) {
          return taken.stage == stage.name && taken.first().name == measure.name;
        });
        Taken& taken = same == all.end() ? all.emplace_back() : *same;
        taken.stage = stage.name;
        taken.by_run.emplace_back(run, &measure);
      }
    }
  }
  return all;
}

std::string WithSpaces(absl::string_view name) { return absl::StrReplaceAll(name, {{"_", " "}}); }

// Over the runs that have this value: "12.3", "12.3 ± 0.4".
std::string Amount(const Taken& taken, const MeasuredValue& value) {
  std::vector<double> values;
  for (const auto& [run, measure] : taken.by_run) {
    for (const MeasuredValue& other : measure->values) {
      if (other.name == value.name) values.push_back(other.value);
    }
  }
  const Spread spread = Spread::Of(values);
  std::string text = FormatRounded(spread.mean, 4);
  if (spread.count > 1) absl::StrAppend(&text, " ± ", FormatRounded(spread.deviation, 2));
  return value.unit.empty() ? text : absl::StrCat(text, " ", value.unit);
}

std::string ValueTable(const Taken& taken, size_t from, size_t to) {
  if (from >= to) return "";
  std::string html = "<div class=\"scroll\"><table><tbody>";
  for (size_t i = from; i < to; ++i) {
    const MeasuredValue& value = taken.first().values[i];
    absl::StrAppend(&html, "<tr><td>", EscapeHtml(WithSpaces(value.name)), "</td><td class=\"n\">",
                    EscapeHtml(Amount(taken, value)), "</td><td class=\"note\">",
                    EscapeHtml(value.help), "</td></tr>\n");
  }
  return html + "</tbody></table></div>\n";
}

std::string Values(const Taken& taken) {
  const size_t count = taken.first().values.size();
  if (count <= kMostOpenValues) return ValueTable(taken, 0, count);
  // Those of the whole come before those of the classes, "cross_entropy[cat]".
  size_t open = 0;
  while (open < count && open < kMostOpenValues &&
         !absl::StrContains(taken.first().values[open].name, '[')) {
    ++open;
  }
  return absl::StrCat(ValueTable(taken, 0, open), "<details><summary>", count - open,
                      " more</summary>", ValueTable(taken, open, count), "</details>\n");
}

// A curve for each run.
std::string Curves(const Taken& taken) {
  std::string charts;
  for (const MeasuredCurve& curve : taken.first().curves) {
    Chart chart;
    chart.title = absl::StrCat(WithSpaces(curve.name), " by ", curve.x_title);
    chart.x_title = curve.x_title;
    chart.unit = curve.unit;
    for (const auto& [run, measure] : taken.by_run) {
      for (const MeasuredCurve& other : measure->curves) {
        if (other.name != curve.name) continue;
        ChartSeries series;
        series.name = absl::StrCat("seed ", run->summary.seed);
        for (size_t i = 0; i < other.values.size(); ++i) {
          series.points.emplace_back(other.x[i], other.values[i]);
        }
        chart.series.push_back(std::move(series));
      }
    }
    charts += RenderSmallChart(chart);
  }
  if (charts.empty()) return "";
  return absl::StrCat("<div class=\"smalls\">", charts, "</div>\n");
}

std::string Pictures(const AnalysedMeasure& measure) {
  if (measure.pictures.empty()) return "";
  std::string html = "<div class=\"pictures\">";
  for (const AnalysisPicture& picture : measure.pictures) {
    const bool svg = absl::EndsWith(picture.file, ".svg");
    html += PictureFigure({picture.caption, svg ? "image/svg+xml" : "image/png", picture.bytes,
                           picture.width, picture.height, &picture.rows});
  }
  return html + "</div>\n";
}

// Pictures and notes are the first run's.
std::string MeasureCard(const Taken& taken, const std::string& prefix) {
  const AnalysedMeasure& measure = taken.first();
  std::string html = absl::StrCat("<div class=\"card\"><h3>",
                                  EscapeHtml(prefix + WithSpaces(measure.name)), "</h3>\n");
  absl::StrAppend(&html, Values(taken), Curves(taken), Pictures(measure));
  for (const std::string& note : measure.notes) {
    absl::StrAppend(&html, "<p class=\"hint\">", EscapeHtml(note), "</p>\n");
  }
  return html + "</div>\n";
}

}  // namespace

std::string AnalysisSection(const std::vector<RunGroup>& groups) {
  std::string cards, left_out;
  for (const RunGroup& group : groups) {
    const std::string prefix = groups.size() > 1 ? group.label + " · " : "";
    for (const Taken& taken : MeasuresOf(group)) {
      if (taken.first().left_out.empty()) {
        cards += MeasureCard(taken, prefix);
      } else {
        absl::StrAppend(&left_out, "<p class=\"hint\">",
                        EscapeHtml(absl::StrCat(prefix, WithSpaces(taken.first().name),
                                                " was left out: ", taken.first().left_out)),
                        "</p>\n");
      }
    }
  }
  if (cards.empty() && left_out.empty()) return "";
  return absl::StrCat("<section id=\"analysis\"><h2>Analysis</h2>\n", cards, left_out,
                      "</section>\n");
}

}  // namespace dfkd
