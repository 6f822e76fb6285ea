// Name, facts, notes and the large numbers of report.html.
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "dfkd/report/format.h"
#include "dfkd/report/html.h"
#include "dfkd/report/html_sections.h"

namespace dfkd {
namespace {

std::string Fact(absl::string_view name, absl::string_view value) {
  if (value.empty()) return "";
  return absl::StrCat("<li>", EscapeHtml(name), " <b>", EscapeHtml(value), "</b></li>");
}

std::string ModelName(const ModelSpec& model) {
  if (!model.preset().empty()) return model.preset();
  const std::string& type = model.config().type_url();
  return type.substr(type.find_last_of("./") + 1);
}

// "wrn40_2 -> wrn16_1".
std::string PairName(const Experiment& experiment) {
  const std::string student = ModelName(experiment.student().model());
  std::string teacher = ModelName(experiment.teacher().model());
  if (teacher.empty()) teacher = experiment.teacher().from();
  if (teacher.empty() || student.empty()) return absl::StrCat(teacher, student);
  return absl::StrCat(teacher, " → ", student);
}

std::string Facts(const RunGroup& group) {
  const RunFolder& first = *group.runs.front();
  std::vector<uint64_t> seeds;
  bool finished = true;
  for (const RunFolder* run : group.runs) {
    seeds.push_back(run->summary.seed);
    finished = finished && run->summary.finished;
  }
  std::string html = "<ul class=\"facts\">";
  if (first.experiment) {
    absl::StrAppend(&html, Fact("Pair", PairName(*first.experiment)));
    const std::string& method = first.experiment->method().type_url();
    absl::StrAppend(&html, Fact("Method", method.substr(method.find_last_of("./") + 1)));
  }
  absl::StrAppend(&html, Fact(seeds.size() == 1 ? "Seed" : "Seeds", absl::StrJoin(seeds, ", ")),
                  Fact("Selection", EvaluationSpec::Selection_Name(first.summary.selection)),
                  Fact("", finished ? "finished" : "not finished"));
  return html + "</ul>\n";
}

std::string Notes(const std::vector<RunGroup>& groups, size_t runs) {
  std::string items;
  for (const RunGroup& group : groups) {
    for (const RunFolder* run : group.runs) {
      for (const std::string& note : run->notes) {
        absl::StrAppend(&items, "<li>", runs > 1 ? EscapeHtml(run->path) + ": " : "",
                        EscapeHtml(note), "</li>");
      }
    }
  }
  return items.empty() ? "" : absl::StrCat("<ul class=\"notes\">", items, "</ul>\n");
}

std::string Tile(absl::string_view style, absl::string_view label, absl::string_view number,
                 absl::string_view unit, absl::string_view below) {
  return absl::StrCat("<div class=\"tile ", style, "\"><p class=\"label\">", EscapeHtml(label),
                      "</p><p class=\"number\">", EscapeHtml(number), "<small> ", EscapeHtml(unit),
                      "</small></p><p>", EscapeHtml(below), "</p></div>\n");
}

std::string AccuracyTile(const ResultRow& row, const ResultRow* teacher) {
  const Spread& result = row.Result();
  const bool is_student = row.role == StageRole::kStudent;
  std::string below = MetricTitle(row.metric);
  if (is_student && teacher != nullptr && teacher->Result().mean > 0) {
    below = absl::StrFormat("%.1f %% of the teacher's", 100 * result.mean / teacher->Result().mean);
  } else if (row.role == StageRole::kFloor) {
    below = "what must be beaten";
  }
  std::string unit = "%";
  if (result.count > 1) unit = absl::StrFormat("± %.2f %%", result.deviation);
  return Tile(is_student ? "main" : "", row.stage, absl::StrFormat("%.2f", result.mean), unit,
              below);
}

}  // namespace

std::vector<RunGroup> GroupRuns(const std::vector<RunFolder>& runs) {
  std::vector<RunGroup> groups;
  std::map<std::string, size_t> index;
  for (const RunFolder& run : runs) {
    const auto [entry, is_new] = index.emplace(run.SettingsKey(), groups.size());
    if (is_new) groups.emplace_back();
    groups[entry->second].runs.push_back(&run);
  }
  std::map<std::string, int> uses;
  for (const RunGroup& group : groups) ++uses[group.runs.front()->summary.experiment];
  for (RunGroup& group : groups) {
    const RunFolder& first = *group.runs.front();
    group.label = first.summary.experiment;
    if (uses[group.label] > 1) absl::StrAppend(&group.label, " (", first.Name(), ")");
    std::vector<KeyedSummary> summaries;
    for (const RunFolder* run : group.runs) summaries.push_back({"", run->summary});
    group.rows = AggregateResults(summaries);
    for (ResultRow& row : group.rows) row.experiment = group.label;
  }
  return groups;
}

std::string HeaderSection(const std::vector<RunGroup>& groups) {
  std::set<std::string> names;
  size_t runs = 0;
  for (const RunGroup& group : groups) {
    names.insert(group.runs.front()->summary.experiment);
    runs += group.runs.size();
  }
  std::string html =
      absl::StrCat("<p class=\"eyebrow\">dfkd · data-free knowledge distillation</p>\n<h1>",
                   EscapeHtml(absl::StrJoin(names, ", ")), "</h1>\n");
  if (groups.size() == 1) {
    const std::string& description = groups[0].runs.front()->summary.description;
    if (!description.empty()) {
      absl::StrAppend(&html, "<p class=\"lead\">", EscapeHtml(description), "</p>\n");
    }
    absl::StrAppend(&html, Facts(groups[0]));
  } else {
    absl::StrAppend(&html, "<p class=\"lead\">", runs, " runs of ", groups.size(),
                    " settings, side by side.</p>\n");
  }
  return html + Notes(groups, runs);
}

std::string TilesSection(const RunGroup& group) {
  const ResultRow* teacher = nullptr;
  double seconds = 0, images = 0;
  for (const ResultRow& row : group.rows) {
    if (row.role == StageRole::kTeacher && row.Result().count > 0) teacher = &row;
    seconds += row.seconds.mean;
    if (row.role == StageRole::kStudent) images += row.images.mean;
  }
  std::string html = "<div class=\"tiles\">\n";
  for (StageRole role :
       {StageRole::kStudent, StageRole::kTeacher, StageRole::kCeiling, StageRole::kFloor}) {
    for (const ResultRow& row : group.rows) {
      if (row.role == role && row.Result().count > 0) {
        absl::StrAppend(&html, AccuracyTile(row, teacher));
      }
    }
  }
  if (seconds > 0) {
    // "1 min 24 s": all of it is the number.
    absl::StrAppend(&html, Tile("", "Time", FormatSeconds(seconds), "",
                                images > 0 ? absl::StrCat(FormatCount(std::llround(images)),
                                                          " synthetic images")
                                           : "all stages"));
  }
  return html + "</div>\n";
}

}  // namespace dfkd
