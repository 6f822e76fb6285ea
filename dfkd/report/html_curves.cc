// The curves and the sample pictures of report.html.
#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "dfkd/report/chart.h"
#include "dfkd/report/html.h"
#include "dfkd/report/html_sections.h"

namespace dfkd {
namespace {

// Columns in %, which share one chart.
bool IsAccuracy(absl::string_view column) {
  return absl::EndsWith(column, "_top1") || absl::EndsWith(column, "_top5") ||
         absl::EndsWith(column, "_miou") || absl::EndsWith(column, "_pixel_accuracy") ||
         absl::StartsWith(column, "agreement");
}

// Columns of counters; the tables have their ends.
bool IsCost(absl::string_view column) {
  return column == "images" || column == "pixels" || absl::StartsWith(column, "pool_") ||
         absl::StartsWith(column, "teacher_") || absl::StartsWith(column, "seconds_");
}

// One run's folder of a stage, and how it is told from the others.
struct Source {
  const StageFolder* stage = nullptr;
  std::string name;  // "seed 0"
};

std::vector<Source> SourcesOf(const RunGroup& group, const std::string& stage_name) {
  std::vector<Source> sources;
  for (const RunFolder* run : group.runs) {
    for (const StageFolder& stage : run->stages) {
      if (stage.name == stage_name) {
        sources.push_back({&stage, absl::StrCat("seed ", run->summary.seed)});
      }
    }
  }
  return sources;
}

void AddSeries(std::string name, const Source& source, absl::string_view column, Chart* chart) {
  ChartSeries series{std::move(name), source.stage->metrics.Points(column)};
  if (!series.points.empty()) chart->series.push_back(std::move(series));
}

// Results of the group's other stages, as lines to compare a student's curve with.
void AddLevels(const RunGroup& group, const ResultRow& row, Chart* chart) {
  if (row.role == StageRole::kTeacher) return;
  for (const ResultRow& other : group.rows) {
    const bool comparable = other.role == StageRole::kTeacher || row.role == StageRole::kStudent;
    if (other.stage == row.stage || other.metric != row.metric || !comparable) continue;
    if (other.Result().count > 0) chart->levels.push_back({other.stage, other.Result().mean});
  }
}

// One run: all accuracies. Several: the main one, a curve per seed.
std::string AccuracyChart(const RunGroup& group, const ResultRow& row,
                          const std::vector<Source>& sources) {
  Chart chart{"Accuracy by epoch", "epoch", "%", {}, {}};
  if (sources.size() == 1) {
    std::string main = row.metric;
    AddSeries(MetricTitle(main), sources[0], main, &chart);
    for (const std::string& column : sources[0].stage->metrics.columns) {
      if (IsAccuracy(column) && column != main) {
        AddSeries(MetricTitle(column), sources[0], column, &chart);
      }
    }
  } else {
    chart.title = absl::StrCat(MetricTitle(row.metric), " by epoch");
    for (const Source& source : sources) AddSeries(source.name, source, row.metric, &chart);
  }
  AddLevels(group, row, &chart);
  return RenderChart(chart);
}

std::string OtherCharts(const std::vector<Source>& sources) {
  std::vector<std::string> columns;
  for (const Source& source : sources) {
    for (const std::string& column : source.stage->metrics.columns) {
      const bool known = std::find(columns.begin(), columns.end(), column) != columns.end();
      if (!known && column != "epoch" && !IsAccuracy(column) && !IsCost(column)) {
        columns.push_back(column);
      }
    }
  }
  std::string charts;
  for (const std::string& column : columns) {
    Chart chart{column, "epoch", "", {}, {}};
    for (const Source& source : sources) {
      AddSeries(sources.size() == 1 ? column : source.name, source, column, &chart);
    }
    if (!chart.series.empty()) absl::StrAppend(&charts, RenderSmallChart(chart));
  }
  if (charts.empty()) return "";
  return absl::StrCat("<div class=\"smalls\">", charts, "</div>\n");
}

std::string Picture(const SamplePicture& picture, absl::string_view title) {
  return PictureFigure(
      {title, "image/png", picture.png, picture.width, picture.height, &picture.rows});
}

// "round-00030" of epoch 30 -> "round 30"; "pool" of epoch 30 -> "pool, epoch 30".
std::string PictureTitle(const SamplePicture& picture) {
  const size_t digits = picture.name.find_last_not_of("0123456789") + 1;
  int64_t number = 0;
  if (absl::SimpleAtoi(picture.name.substr(digits), &number) && number == picture.epoch) {
    const size_t name_end = picture.name.find_last_not_of("-_ ", digits - 1) + 1;
    return absl::StrCat(picture.name.substr(0, name_end), " ", number);
  }
  return picture.epoch > 0 ? absl::StrCat(picture.name, ", epoch ", picture.epoch) : picture.name;
}

// A stage's card; "" where no epoch has ended.
std::string StageCurves(const RunGroup& group, const ResultRow& row, const std::string& title) {
  const std::vector<Source> sources = SourcesOf(group, row.stage);
  const bool has_rows = std::any_of(sources.begin(), sources.end(), [](const Source& source) {
    return !source.stage->metrics.rows.empty();
  });
  if (!has_rows) return "";
  return absl::StrCat("<div class=\"card\"><h3>", EscapeHtml(title), "</h3>\n",
                      AccuracyChart(group, row, sources), OtherCharts(sources), "</div>\n");
}

// The newest picture of each stage, the ones before it folded away.
std::string PicturesOf(const RunFolder& run, const std::string& prefix) {
  std::string html;
  for (const StageFolder& stage : run.stages) {
    if (stage.samples.empty()) continue;
    absl::StrAppend(&html, "<div class=\"card\"><h3>", EscapeHtml(prefix + stage.name), "</h3>",
                    Picture(stage.samples.back(), PictureTitle(stage.samples.back())));
    if (stage.samples.size() > 1) {
      absl::StrAppend(&html, "<details><summary>Earlier (", stage.samples.size() - 1,
                      ")</summary><div class=\"pictures\">");
      for (size_t i = stage.samples.size() - 1; i-- > 0;) {
        absl::StrAppend(&html, Picture(stage.samples[i], PictureTitle(stage.samples[i])));
      }
      absl::StrAppend(&html, "</div></details>");
    }
    absl::StrAppend(&html, "</div>\n");
  }
  return html;
}

}  // namespace

std::string PictureFigure(const EmbeddedPicture& picture) {
  std::string html =
      absl::StrCat("<figure><figcaption>", EscapeHtml(picture.title), "</figcaption>\n");
  if (picture.rows == nullptr || picture.rows->empty()) {
    absl::StrAppend(&html, "<div class=\"grid plain\">");
  } else {
    const double row_height =
        static_cast<double>(picture.height) / static_cast<double>(picture.rows->size());
    absl::StrAppend(&html, "<div class=\"grid\"><div class=\"rows", row_height < 24 ? " dense" : "",
                    "\">");
    for (const std::string& row : *picture.rows) {
      absl::StrAppend(&html, "<span title=\"", EscapeHtml(row), "\">", EscapeHtml(row), "</span>");
    }
    absl::StrAppend(&html, "</div>");
  }
  absl::StrAppend(&html, "<img alt=\"", EscapeHtml(picture.title), "\"");
  if (picture.width > 0) {
    absl::StrAppend(&html, " width=\"", picture.width, "\" height=\"", picture.height, "\"");
  }
  return absl::StrCat(html, " src=\"", DataUri(picture.media_type, picture.bytes),
                      "\"></div></figure>\n");
}

std::string CurvesSection(const std::vector<RunGroup>& groups) {
  std::string students, others;
  for (const RunGroup& group : groups) {
    for (const ResultRow& row : group.rows) {
      const std::string title =
          groups.size() > 1 ? absl::StrCat(group.label, " · ", row.stage) : row.stage;
      std::string& html = row.role == StageRole::kStudent ? students : others;
      absl::StrAppend(&html, StageCurves(group, row, title));
    }
  }
  std::string html = absl::StrCat("<section id=\"curves\"><h2>Curves</h2>\n", students);
  if (students.empty() && others.empty()) {
    html += "<div class=\"card\"><p class=\"none\">No epoch has ended yet.</p></div>";
  } else if (students.empty()) {
    html += others;
  } else if (!others.empty()) {
    absl::StrAppend(&html,
                    "<details class=\"fold\"><summary>Teachers, floors and ceilings</summary>",
                    others, "</details>");
  }
  return html + "</section>\n";
}

std::string PicturesSection(const std::vector<RunGroup>& groups) {
  const bool several = groups.size() > 1 || groups.front().runs.size() > 1;
  std::string first, others;
  for (const RunGroup& group : groups) {
    for (const RunFolder* run : group.runs) {
      const std::string title = absl::StrCat(group.label, " · seed ", run->summary.seed);
      const std::string pictures = PicturesOf(*run, several ? title + " · " : "");
      if (pictures.empty()) continue;
      if (first.empty()) {
        first = pictures;
      } else {
        absl::StrAppend(&others, "<details class=\"fold\"><summary>", EscapeHtml(title),
                        "</summary>", pictures, "</details>\n");
      }
    }
  }
  if (first.empty()) {
    first = "<div class=\"card\"><p class=\"none\">The run wrote no pictures.</p></div>\n";
  }
  return absl::StrCat("<section id=\"pictures\"><h2>Synthetic images</h2>\n", first, others,
                      "</section>\n");
}

}  // namespace dfkd
