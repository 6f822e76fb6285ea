// The result table, the papers' numbers and the cost table of report.html.
#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "dfkd/report/format.h"
#include "dfkd/report/html.h"
#include "dfkd/report/html_sections.h"

namespace dfkd {
namespace {

constexpr int kColours = 6;

std::string Cell(absl::string_view style, absl::string_view text) {
  return absl::StrCat("<td class=\"", style, "\">", EscapeHtml(text), "</td>");
}

std::string Head(std::initializer_list<absl::string_view> texts,
                 std::initializer_list<absl::string_view> numbers) {
  std::string html = "<thead><tr>";
  for (absl::string_view title : texts) absl::StrAppend(&html, "<th>", title, "</th>");
  for (absl::string_view title : numbers)
    absl::StrAppend(&html, "<th class=\"n\">", title, "</th>");
  return html + "</tr></thead>\n";
}

// The stage; below it the experiment, where several stand in the table, the role, where the name
// does not say it, and `more`.
std::string StageCell(const ResultRow& row, bool with_experiment, const std::string& more) {
  std::vector<std::string> below;
  if (with_experiment) below.push_back(EscapeHtml(row.experiment));
  if (row.stage != StageRoleName(row.role)) below.emplace_back(StageRoleName(row.role));
  if (!more.empty()) below.push_back(EscapeHtml(more));
  return absl::StrCat("<td>", EscapeHtml(row.stage), "<span class=\"role\">",
                      absl::StrJoin(below, " · "), "</span></td>");
}

// An accuracy; below it the epoch, of a single run.
std::string AccuracyCell(const Spread& value, int64_t epoch, bool is_result) {
  std::string html = absl::StrCat("<td class=\"n", is_result ? " result" : "", "\">",
                                  EscapeHtml(value.ToString()));
  if (epoch > 0 && value.count > 0) {
    absl::StrAppend(&html, "<span class=\"role\">epoch ", epoch, "</span>");
  }
  return html + "</td>";
}

const ResultRow* FindRole(const RunGroup& group, StageRole role) {
  for (const ResultRow& row : group.rows) {
    if (row.role == role && row.Result().count > 0) return &row;
  }
  return nullptr;
}

// Percentage points to the teacher; "" for the teacher itself.
std::string GapToTeacher(const ResultRow& row, const ResultRow* teacher) {
  if (teacher == nullptr || row.role == StageRole::kTeacher || row.Result().count == 0) return "";
  if (row.metric != teacher->metric) return "";
  const double gap = row.Result().mean - teacher->Result().mean;
  return absl::StrFormat("%s%.2f", gap < 0 ? "−" : "+", std::abs(gap));
}

std::string ResultLine(const ResultRow& row, const ResultRow* teacher, bool with_experiment) {
  const bool last = row.selection == EvaluationSpec::LAST;
  std::string measured = MetricTitle(row.metric);
  if (row.evaluated_images > 0) {
    absl::StrAppend(&measured, ", ", FormatCount(row.evaluated_images), " images");
  }
  return absl::StrCat(
      row.role == StageRole::kStudent ? "<tr class=\"lead-row\">" : "<tr>",
      StageCell(row, with_experiment, measured), Cell("n", absl::StrJoin(row.seeds, ", ")),
      AccuracyCell(row.last, row.last_epoch, last), AccuracyCell(row.best, row.best_epoch, !last),
      Cell("n", GapToTeacher(row, teacher)), Cell("n", row.data_ratio.MeanToString()),
      Cell("n", row.images_per_class.MeanToString()), "</tr>\n");
}

// Of that measure, what the student's runs came to at the epoch that they report.
Spread Measured(Reference::Metric metric, const RunGroup& group, const ResultRow& student) {
  if (metric == Reference::RESULT) return student.Result();
  std::vector<double> values;
  for (const RunFolder* run : group.runs) {
    for (const StageFolder& stage : run->stages) {
      const StageSummary& summary = run->SummaryOf(stage);
      absl::string_view split = summary.metric;
      if (stage.name != student.stage || !absl::ConsumeSuffix(&split, "_top1")) continue;
      const int64_t reported =
          student.selection == EvaluationSpec::LAST ? summary.last_epoch : summary.best_epoch;
      for (const auto& [epoch, value] : stage.metrics.Points(absl::StrCat(split, "_top5"))) {
        if (std::llround(epoch) == reported) values.push_back(value);
      }
    }
  }
  return Spread::Of(values);
}

// "NAYER · 5% · top-5"
std::string CellOfTable(const Reference& reference) {
  std::vector<std::string> parts = {reference.row()};
  if (!reference.column().empty()) parts.push_back(reference.column());
  if (reference.metric() == Reference::TOP5) parts.emplace_back("top-5");
  return absl::StrJoin(parts, " · ");
}

std::string PaperLine(const Reference& reference, const Spread& ours) {
  std::string gap;
  if (ours.count > 0 && reference.has_value()) {
    const double difference = ours.mean - reference.value();
    gap = absl::StrFormat("%s%.2f", difference < 0 ? "−" : "+", std::abs(difference));
  }
  return absl::StrCat(
      "<tr>", Cell("", reference.table()), Cell("note", CellOfTable(reference)),
      Cell("note", reference.note()),
      Cell("n", reference.has_value() ? absl::StrFormat("%.2f", reference.value()) : "-"),
      Cell("n result", ours.ToString()), Cell("n", gap), "</tr>\n");
}

// The papers' numbers with ours beside them.
std::string PaperTable(const std::vector<RunGroup>& groups) {
  std::string lines;
  for (const RunGroup& group : groups) {
    const RunFolder& run = *group.runs.front();
    if (!run.experiment) continue;
    const ResultRow* student = FindRole(group, StageRole::kStudent);
    for (const Reference& reference : run.experiment->paper()) {
      const Spread ours =
          student == nullptr ? Spread() : Measured(reference.metric(), group, *student);
      absl::StrAppend(&lines, PaperLine(reference, ours));
    }
  }
  if (lines.empty()) return "";
  return absl::StrCat("<h3>Beside the paper</h3>\n<div class=\"scroll\"><table>",
                      Head({"Table", "Cell", "Note"}, {"Paper %", "Here %", "Difference"}),
                      "<tbody>", lines, "</tbody></table></div>\n");
}

// Seconds by part of the work, averaged over the runs that have the stage.
std::map<std::string, double> SecondsByPart(const RunGroup& group, const std::string& stage_name) {
  std::map<std::string, double> parts;
  double stages = 0;
  for (const RunFolder* run : group.runs) {
    for (const StageSummary& stage : run->summary.stages) {
      if (stage.name != stage_name) continue;
      ++stages;
      for (const auto& [part, seconds] : stage.budget.seconds) parts[part] += seconds;
    }
  }
  for (auto& [part, seconds] : parts) seconds /= stages;
  return parts;
}

std::string SecondsBar(const std::map<std::string, double>& parts) {
  double total = 0;
  for (const auto& [part, seconds] : parts) total += std::max(0.0, seconds);
  if (total <= 0) return "<td>-</td>";
  std::string bar, names;
  int colour = 0;
  for (const auto& [part, seconds] : parts) {
    const std::string style = absl::StrCat("s", colour++ % kColours);
    absl::StrAppend(&bar, "<i class=\"", style, "\" style=\"width:",
                    absl::StrFormat("%.1f", 100 * std::max(0.0, seconds) / total), "%\"></i>");
    absl::StrAppend(&names, "<span><i class=\"", style, "\"></i>", EscapeHtml(part), " <em>",
                    FormatSeconds(seconds), "</em></span> ");
  }
  return absl::StrCat("<td><div class=\"bar\">", bar, "</div><p class=\"parts\">", names,
                      "</p></td>");
}

std::string Amount(const Spread& amount) {
  return amount.mean > 0 ? FormatCount(std::llround(amount.mean)) : "-";
}

// What was made; below it what the pools keep of it.
std::string MadeCell(const Spread& made, const Spread& kept) {
  std::string html = absl::StrCat("<td class=\"n\">", Amount(made));
  if (kept.mean > 0) {
    absl::StrAppend(&html, "<span class=\"role\">", Amount(kept), " kept</span>");
  }
  return html + "</td>";
}

}  // namespace

std::string ResultsSection(const std::vector<RunGroup>& groups) {
  std::string html = absl::StrCat(
      "<section id=\"results\"><h2>Results</h2>\n<div class=\"card\"><div class=\"scroll\"><table>",
      Head({"Stage"}, {"Seeds", "Last epoch %", "Best epoch %", "To teacher", "Data %", "IPC"}),
      "<tbody>");
  std::set<std::string> rules;
  bool several_seeds = false, has_papers_numbers = false, has_agreement = false;
  bool keeps_images = false;
  for (const RunGroup& group : groups) {
    const ResultRow* teacher = FindRole(group, StageRole::kTeacher);
    for (const ResultRow& row : group.rows) {
      absl::StrAppend(&html, ResultLine(row, teacher, groups.size() > 1));
      rules.emplace(SelectionRule(row.selection));
      has_agreement = has_agreement || row.metric == "agreement";
      several_seeds = several_seeds || row.seeds.size() > 1;
      keeps_images = keeps_images || row.pool_images.count > 0;
    }
    const RunFolder& run = *group.runs.front();
    has_papers_numbers = has_papers_numbers || (run.experiment && run.experiment->paper_size() > 0);
  }
  absl::StrAppend(&html, "</tbody></table></div>\n");
  for (const std::string& rule : rules) {
    absl::StrAppend(&html, "<p class=\"hint\">", EscapeHtml(rule), "</p>\n");
  }
  if (several_seeds) {
    absl::StrAppend(&html, "<p class=\"hint\">Over seeds: mean ± deviation of the sample.</p>\n");
  }
  if (keeps_images) {
    absl::StrAppend(&html, "<p class=\"hint\">", EscapeHtml(kHowPoolsAreCounted), "</p>\n");
  }
  if (has_agreement) {
    absl::StrAppend(
        &html,
        "<p class=\"hint\">Agreement is the share of held-out synthetic images (of their pixels, "
        "where each has a class) on which student and teacher name the same class. It is no "
        "accuracy: no real image was "
        "at hand.</p>\n");
  }
  if (!has_papers_numbers) {
    absl::StrAppend(&html,
                    "<p class=\"hint\">Small-scale evidence, not the papers' numbers.</p>\n");
  }
  return absl::StrCat(html, PaperTable(groups), "</div></section>\n");
}

std::string CostSection(const std::vector<RunGroup>& groups) {
  std::string html = absl::StrCat(
      "<section id=\"cost\"><h2>Cost</h2>\n<div class=\"card\"><div class=\"scroll\"><table>",
      Head({"Stage"}, {"Images", "Pixels", "Teacher forwards", "Teacher backwards", "Time"}));
  // The widest column has a title of its own.
  html.insert(html.rfind("</tr></thead>"), "<th>Where the time went</th>");
  absl::StrAppend(&html, "<tbody>");
  for (const RunGroup& group : groups) {
    for (const ResultRow& row : group.rows) {
      absl::StrAppend(&html, "<tr>", StageCell(row, groups.size() > 1, ""),
                      MadeCell(row.images, row.pool_images), MadeCell(row.pixels, row.pool_pixels),
                      Cell("n", Amount(row.teacher_forwards)),
                      Cell("n", Amount(row.teacher_backwards)),
                      Cell("n", row.seconds.mean > 0 ? FormatSeconds(row.seconds.mean) : "-"),
                      SecondsBar(SecondsByPart(group, row.stage)), "</tr>\n");
    }
  }
  return absl::StrCat(
      html,
      "</tbody></table></div>\n<p class=\"hint\">Images and pixels that were synthesised, and how "
      "many of them are kept in the end; images that went through the teacher, and those whose "
      "gradient came back. Results compare only at like cost. Means over seeds.</p></div>"
      "</section>\n");
}

}  // namespace dfkd
