#include "dfkd/study/study_report.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"
#include "dfkd/report/csv.h"
#include "dfkd/report/format.h"
#include "dfkd/report/pool_content.h"
#include "dfkd/report/results.h"
#include "dfkd/study/study_file.h"
#include "dfkd/study/study_tables.h"

namespace dfkd {
namespace {

std::string Section(absl::string_view title, const StudyTable& table) {
  return table.empty() ? "" : absl::StrCat("\n## ", title, "\n\n", table.ToMarkdown());
}

std::string NumberCell(std::optional<double> value) { return value ? FormatDouble(*value) : ""; }

CsvRow CsvHeader(const Study& study) {
  CsvRow header = {"phase", "cell", "arm"};
  for (const StudyFactor& factor : study.factor()) header.push_back(factor.name());
  for (const char* name : {"seed", "state", "metric", "last", "best", "last_epoch", "best_epoch"}) {
    header.emplace_back(name);
  }
  if (study.has_choose()) header.push_back(absl::StrCat("choose_", study.choose().column()));
  for (const StudyMeasure& measure : study.measure()) header.push_back(measure.name());
  for (const char* name : {"pool_images", "pool_pixels", "pool_images_per_class", "pool_data_ratio",
                           "images", "pixels", "teacher_forwards", "teacher_backwards",
                           "student_seconds", "seconds", "folder", "failure"}) {
    header.emplace_back(name);
  }
  return header;
}

CsvRow PoolCells(const std::optional<PoolContent>& pool) {
  if (!pool) return CsvRow(4);
  return {absl::StrCat(pool->images), absl::StrCat(pool->pixels),
          FormatDouble(pool->images_per_class), NumberCell(pool->data_ratio)};
}

CsvRow CsvLine(const Study& study, absl::string_view phase, const StudyCell& cell,
               const StudyRun& run) {
  const bool done = run.state == RunState::kFinished;
  const auto count = [done](int64_t value) { return done ? absl::StrCat(value) : std::string(); };
  CsvRow row = {std::string(phase), cell.name, study.arm(cell.arm).name()};
  for (int f = 0; f < study.factor_size(); ++f) {
    row.push_back(cell.values[f] < 0 ? "" : study.factor(f).value(cell.values[f]).name());
  }
  row.push_back(absl::StrCat(run.seed));
  row.emplace_back(RunStateName(run.state));
  row.push_back(run.metric);
  row.push_back(NumberCell(run.last));
  row.push_back(NumberCell(run.best));
  row.push_back(count(run.last_epoch));
  row.push_back(count(run.best_epoch));
  if (study.has_choose()) row.push_back(NumberCell(run.choice));
  for (const StudyMeasure& measure : study.measure()) {
    const auto value = run.measures.find(measure.name());
    row.push_back(value == run.measures.end() ? "" : FormatDouble(value->second));
  }
  for (std::string& cell : PoolCells(run.pool)) row.push_back(std::move(cell));
  row.push_back(count(run.budget.images));
  row.push_back(count(run.budget.pixels));
  row.push_back(count(run.budget.teacher_forwards));
  row.push_back(count(run.budget.teacher_backwards));
  row.push_back(done ? FormatDouble(run.budget.TotalSeconds()) : "");
  row.push_back(done ? FormatDouble(run.seconds) : "");
  row.push_back(run.folder);
  row.push_back(run.failure);
  return row;
}

}  // namespace

std::string RenderStudyMarkdown(const StudyResults& results) {
  const Study& study = results.study;
  std::string text = absl::StrCat("# ", results.name, "\n\n", study.description(),
                                  "\n\nClaim: ", study.claim(), "\n");
  if (!results.has_papers_numbers) absl::StrAppend(&text, "\n", kSmallScale, "\n");
  absl::StrAppend(&text, Section("Rules fixed beforehand", RuleTable(results)),
                  Section("Results", ResultTable(results)), "\n", kHowDifferencesAreTaken, "\n\n",
                  kHowPoolsAreCounted, "\n", Section("What was chosen", ChoiceTable(results)),
                  Section("Teachers", TeacherTable(results)),
                  Section("Runs that failed", FailureTable(results)));
  absl::StrAppend(&text, "\n## Again\n\n```sh\n", results.command, "\n```\n\n",
                  "study.textproto is the whole study, and runs/ holds each run's folder with its "
                  "resolved spec.\n");
  return text;
}

std::string RenderStudyCsv(const StudyResults& results) {
  std::string text = FormatCsvRow(CsvHeader(results.study));
  const auto add = [&](absl::string_view phase, const CellResult& cell) {
    for (const StudyRun& run : cell.runs) {
      absl::StrAppend(&text, FormatCsvRow(CsvLine(results.study, phase, cell.cell, run)));
    }
  };
  for (const StudyChoiceResult& choice : results.choices) {
    for (const CellResult& candidate : choice.candidates) add("choose", candidate);
  }
  for (const CellResult& cell : results.cells) add("judge", cell);
  return text;
}

absl::Status WriteStudyReport(FileSystem* files, const std::string& dir,
                              const StudyResults& results) {
  for (const auto& [name, content] : {std::pair("study.md", RenderStudyMarkdown(results)),
                                      std::pair("study.csv", RenderStudyCsv(results)),
                                      std::pair("study_table.csv", RenderStudyTableCsv(results)),
                                      std::pair("study_rules.csv", RenderStudyRulesCsv(results)),
                                      std::pair("study.html", RenderStudyHtml(results))}) {
    DFKD_RETURN_IF_ERROR(WriteFileAtomically(files, JoinPath(dir, name), content));
  }
  return absl::OkStatus();
}

}  // namespace dfkd
