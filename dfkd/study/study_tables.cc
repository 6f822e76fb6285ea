#include "dfkd/study/study_tables.h"

#include <cmath>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "dfkd/report/format.h"
#include "dfkd/study/study_file.h"
#include "dfkd/study/study_plan.h"
#include "dfkd/study/study_summary.h"

namespace dfkd {
namespace {

// Digits behind the point, as the size of a measure wants them.
int Decimals(double size) { return std::abs(size) >= 10 ? 2 : 3; }

// "3 of 5" where some are missing.
std::string SeedsText(const CellSummary& summary) {
  const int64_t runs = static_cast<int64_t>(summary.cell->runs.size());
  if (summary.finished == runs) return absl::StrCat(runs);
  return absl::StrCat(summary.finished, " of ", runs);
}

std::string DifferenceText(const StudyResults& results, const CellSummary& summary) {
  if (summary.cell->cell.name == BaselineOf(results.study)) return "baseline";
  if (!summary.to_baseline) return "";
  const StudyDifference& difference = *summary.to_baseline;
  if (difference.pairs.empty()) return "-";
  std::string text = absl::StrFormat("%+.2f", difference.spread.mean);
  if (difference.interval) {
    absl::StrAppend(&text, absl::StrFormat(" [%+.2f, %+.2f]", difference.interval->low,
                                           difference.interval->high));
  }
  return text;
}

// Nothing spent is no number to compare.
std::string BudgetText(const BudgetColumn& column, const Spread& spread) {
  return spread.count == 0 || spread.mean == 0 ? "-" : column.text(spread.mean);
}

std::string CellLabel(const StudyResults& results, const CellResult& cell) {
  switch (results.study.arm(cell.cell.arm).role()) {
    case StudyArm::FLOOR:
      return absl::StrCat(cell.cell.label, " (floor)");
    case StudyArm::CEILING:
      return absl::StrCat(cell.cell.label, " (ceiling)");
    case StudyArm::COMPARED:
      break;
  }
  return cell.cell.label;
}

std::string TableCell(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"|", "\\|"}, {"\n", " "}, {"<", "&lt;"}});
}

}  // namespace

std::string StudyTable::ToText() const {
  TextTable table(columns);
  for (const std::vector<std::string>& row : rows) table.AddRow(row);
  return table.Render();
}

std::string StudyTable::ToMarkdown() const {
  std::string out = "|", rule = "|";
  for (const TableColumn& column : columns) {
    absl::StrAppend(&out, " ", TableCell(column.title), " |");
    absl::StrAppend(&rule, column.align == Align::kRight ? " ---: |" : " --- |");
  }
  absl::StrAppend(&out, "\n", rule, "\n");
  for (const std::vector<std::string>& row : rows) {
    out += "|";
    for (const std::string& cell : row) absl::StrAppend(&out, " ", TableCell(cell), " |");
    out += "\n";
  }
  return out;
}

StudyTable ResultTable(const StudyResults& results) {
  StudyTable table;
  table.columns = {{"cell"},
                   {"what"},
                   {"seeds", Align::kRight},
                   {MeasureTitle(results, kAccuracy) + " %", Align::kRight},
                   {"best epoch %", Align::kRight},
                   {"difference", Align::kRight}};
  for (const BudgetColumn& column : BudgetColumns()) {
    table.columns.push_back({column.title, Align::kRight});
  }
  for (const StudyMeasure& measure : results.study.measure()) {
    table.columns.push_back({MeasureTitle(results, measure.name()), Align::kRight});
  }
  for (const CellSummary& summary : SummarizeCells(results)) {
    std::vector<std::string> row = {summary.cell->cell.name, CellLabel(results, *summary.cell),
                                    SeedsText(summary),      summary.accuracy.ToString(),
                                    summary.best.ToString(), DifferenceText(results, summary)};
    for (size_t i = 0; i < summary.budget.size(); ++i) {
      row.push_back(BudgetText(BudgetColumns()[i], summary.budget[i]));
    }
    for (const Spread& spread : summary.measures) {
      row.push_back(spread.ToString(Decimals(spread.mean)));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

StudyTable RuleTable(const StudyResults& results) {
  StudyTable table;
  table.columns = {{"rule"}, {"outcome"}, {"what it asks"}, {"what was found"}};
  for (const StudyRule& rule : results.study.rule()) {
    const RuleResult judged = Judge(rule, results);
    table.rows.push_back(
        {rule.name(), std::string(VerdictName(judged.verdict)), judged.condition, judged.numbers});
  }
  return table;
}

StudyTable ChoiceTable(const StudyResults& results) {
  StudyTable table;
  const StudyChoice& choose = results.study.choose();
  table.columns = {{"for"},
                   {"candidate"},
                   {absl::StrCat(choose.column(), ", seeds ", absl::StrJoin(choose.seed(), ", ")),
                    Align::kRight},
                   {"mean", Align::kRight},
                   {""}};
  for (const StudyChoiceResult& choice : results.choices) {
    for (size_t i = 0; i < choice.candidates.size(); ++i) {
      const CellResult& candidate = choice.candidates[i];
      std::vector<std::string> values;
      std::vector<double> numbers;
      for (const StudyRun& run : candidate.runs) {
        values.push_back(run.choice ? absl::StrFormat("%.2f", *run.choice)
                                    : std::string(RunStateName(run.state)));
        if (run.choice) numbers.push_back(*run.choice);
      }
      const Spread spread = Spread::Of(numbers);
      table.rows.push_back({i == 0 ? choice.cell : "", candidate.cell.folder,
                            absl::StrJoin(values, ", "),
                            spread.count == 0 ? "-" : absl::StrFormat("%.2f", spread.mean),
                            static_cast<int>(i) == choice.chosen ? "chosen" : ""});
    }
  }
  return table;
}

StudyTable TeacherTable(const StudyResults& results) {
  StudyTable table;
  table.columns = {{"teacher"},
                   {"seed", Align::kRight},
                   {"last epoch %", Align::kRight},
                   {"time", Align::kRight}};
  for (const StudyRun& teacher : results.teachers) {
    table.rows.push_back({teacher.folder, absl::StrCat(teacher.seed),
                          teacher.last ? absl::StrFormat("%.2f", *teacher.last)
                                       : std::string(RunStateName(teacher.state)),
                          teacher.seconds > 0 ? FormatSeconds(teacher.seconds) : "-"});
  }
  return table;
}

StudyTable FailureTable(const StudyResults& results) {
  StudyTable table;
  table.columns = {{"run"}, {"how it ended"}};
  for (const StudyRun* run : AllRuns(results)) {
    if (run->state == RunState::kFailed) table.rows.push_back({run->folder, run->failure});
  }
  return table;
}

std::string DescribeStudy(const StudyResults& results) {
  std::string text = absl::StrCat(results.name, ": ", results.study.description(), "\n\n",
                                  ResultTable(results).ToText());
  const StudyTable choices = ChoiceTable(results), failures = FailureTable(results);
  if (!choices.empty()) absl::StrAppend(&text, "\n", choices.ToText());
  if (!failures.empty()) absl::StrAppend(&text, "\n", failures.ToText());
  for (const StudyRule& rule : results.study.rule()) {
    const RuleResult judged = Judge(rule, results);
    absl::StrAppend(&text, "\n", VerdictName(judged.verdict), ": ", rule.name(), "\n  ",
                    judged.condition, "\n  ", judged.numbers, "\n");
  }
  if (!results.has_papers_numbers) absl::StrAppend(&text, "\n", kSmallScale, "\n");
  return text;
}

}  // namespace dfkd
