#include "dfkd/study/study_file.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dfkd/core/edit_distance.h"
#include "dfkd/core/embedded.h"
#include "dfkd/core/field_check.h"
#include "dfkd/core/files.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/plugin_docs.h"
#include "dfkd/core/spec_matrix.h"
#include "dfkd/core/status.h"
#include "dfkd/study/study_plan.h"

namespace dfkd {
namespace {

constexpr char kCategory[] = "study";

[[maybe_unused]] const bool documented = AddDocumentedFile({
    .category = kCategory,
    .title = "shipped studies",
    .type = Study::descriptor,
    .description = [](const EmbeddedFile& file) -> std::string {
      Study study;
      return ParseTextproto(file.text, file.path, &study).ok() ? study.description() : "";
    },
});

// Names become folders.
absl::Status CheckName(absl::string_view where, absl::string_view name) {
  constexpr absl::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-";
  if (!name.empty() && name[0] != '.' && name.find_first_not_of(kAllowed) == name.npos) {
    return absl::OkStatus();
  }
  return ConfigError(absl::StrCat(where, " is \"", name,
                                  "\"; must be letters, digits and _ . + -, as it names folders"));
}

// Each item's name is well-formed and stands once.
template <typename Items>
absl::Status CheckNames(absl::string_view what, const Items& items) {
  std::set<std::string> seen;
  int index = 0;
  for (const auto& item : items) {
    DFKD_RETURN_IF_ERROR(CheckName(absl::StrCat(what, "[", index++, "].name"), item.name()));
    if (!seen.insert(item.name()).second) {
      return ConfigError(absl::StrCat("two of ", what, " are named ", item.name()));
    }
  }
  return absl::OkStatus();
}

template <typename Items>
std::vector<std::string> NamesOf(const Items& items) {
  std::vector<std::string> names;
  for (const auto& item : items) names.push_back(item.name());
  return names;
}

std::vector<std::string> CellNames(const Study& study) {
  std::vector<std::string> names;
  for (const StudyCell& cell : JudgedCells(study)) names.push_back(cell.name);
  return names;
}

absl::Status CheckKnown(absl::string_view where, const std::string& name,
                        const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), name) != known.end()) return absl::OkStatus();
  return ConfigError(
      absl::StrCat(where, " is \"", name, "\", which is none of ",
                   known.empty() ? "those (there are none)" : absl::StrJoin(known, ", "),
                   DidYouMean(name, known)));
}

template <typename Seeds>
absl::Status CheckSeeds(absl::string_view where, const Seeds& seeds) {
  std::set<uint64_t> seen;
  for (const uint64_t seed : seeds) {
    if (!seen.insert(seed).second) {
      return ConfigError(absl::StrCat(where, " holds ", seed, " twice"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckMeasure(const StudyMeasure& measure) {
  const std::string where = absl::StrCat("measure ", measure.name());
  if (measure.name() == kAccuracy) {
    return ConfigError("measure accuracy is there already: the last epoch's; choose another name");
  }
  if (measure.number_case() == StudyMeasure::NUMBER_NOT_SET) {
    return ConfigError(
        absl::StrCat(where, " names no number; set one of column, analysis and accuracy_per"));
  }
  if (!measure.has_column() && measure.statistic() != StudyMeasure::LAST) {
    return ConfigError(absl::StrCat(
        where, ".statistic is ", StudyMeasure::Statistic_Name(measure.statistic()),
        ", which is of a column's epochs; leave it out, as a run has one such number"));
  }
  const absl::string_view by = AnalysedBy(measure);
  if (measure.has_analysis() && (by.empty() || by.size() + 1 >= measure.analysis().size())) {
    return ConfigError(absl::StrCat(where, ".analysis is \"", measure.analysis(),
                                    "\"; must be MEASURE.VALUE, as in diversity.new_to_pool"));
  }
  return absl::OkStatus();
}

absl::Status CheckMeasures(const Study& study) {
  DFKD_RETURN_IF_ERROR(CheckNames("measure", study.measure()));
  for (const StudyMeasure& measure : study.measure()) {
    DFKD_RETURN_IF_ERROR(CheckMeasure(measure));
  }
  return absl::OkStatus();
}

absl::Status CheckFactors(const Study& study) {
  DFKD_RETURN_IF_ERROR(CheckNames("factor", study.factor()));
  for (const StudyFactor& factor : study.factor()) {
    const std::string where = absl::StrCat("factor ", factor.name());
    DFKD_RETURN_IF_ERROR(CheckNames(absl::StrCat(where, ".value"), factor.value()));
    for (int v = 1; v < factor.value_size(); ++v) {
      const StudyValue &value = factor.value(v), &before = factor.value(v - 1);
      if (value.has_number() && before.has_number() && value.number() <= before.number()) {
        return ConfigError(absl::StrCat(where, ".value[", v, "].number is ", value.number(),
                                        "; must be greater than the one before, ",
                                        before.number()));
      }
    }
    for (const std::string& arm : factor.arm()) {
      DFKD_RETURN_IF_ERROR(CheckKnown(absl::StrCat(where, ".arm"), arm, NamesOf(study.arm())));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckChoice(const Study& study) {
  if (!study.has_choose()) return absl::OkStatus();
  const StudyChoice& choose = study.choose();
  DFKD_RETURN_IF_ERROR(CheckKnown("choose.factor", choose.factor(), NamesOf(study.factor())));
  DFKD_RETURN_IF_ERROR(CheckSeeds("choose.seed", choose.seed()));
  for (const uint64_t seed : choose.seed()) {
    if (std::find(study.seed().begin(), study.seed().end(), seed) != study.seed().end()) {
      return ConfigError(absl::StrCat("choose.seed holds ", seed,
                                      ", which is one of the study's; what chooses may not judge"));
    }
  }
  return absl::OkStatus();
}

// How many cells a rule has to name.
absl::Status CheckShape(const StudyRule& rule, const std::string& where) {
  const bool paired = rule.kind() != StudyRule::LEVEL && rule.kind() != StudyRule::NEVER_FALLS;
  const std::string kind = StudyRule::Kind_Name(rule.kind());
  if (paired != rule.has_than()) {
    return ConfigError(absl::StrCat(where, ".than is ", paired ? "missing" : "set", "; ", kind,
                                    paired ? " compares two cells" : " pairs no cells"));
  }
  const bool along = rule.kind() == StudyRule::NEVER_FALLS;
  if (along ? rule.cell_size() < 2 : rule.cell_size() != 1) {
    return ConfigError(absl::StrCat(where, ".cell has ", rule.cell_size(), " items; ", kind,
                                    along ? " takes two or more" : " takes one"));
  }
  if (rule.at_least() > rule.of()) {
    return ConfigError(
        absl::StrCat(where, ".at_least is ", rule.at_least(), ", but of is ", rule.of()));
  }
  return absl::OkStatus();
}

absl::Status CheckRules(const Study& study) {
  const std::vector<std::string> cells = CellNames(study);
  std::vector<std::string> measures = {kAccuracy};
  for (const StudyMeasure& measure : study.measure()) measures.push_back(measure.name());
  if (study.has_baseline()) {
    DFKD_RETURN_IF_ERROR(CheckKnown("baseline", study.baseline(), cells));
  }
  for (int i = 0; i < study.rule_size(); ++i) {
    const StudyRule& rule = study.rule(i);
    const std::string where = absl::StrCat("rule[", i, "]");
    DFKD_RETURN_IF_ERROR(CheckShape(rule, where));
    DFKD_RETURN_IF_ERROR(CheckKnown(where + ".measure", rule.measure(), measures));
    for (const std::string& cell : rule.cell()) {
      DFKD_RETURN_IF_ERROR(CheckKnown(where + ".cell", cell, cells));
    }
    if (rule.has_than()) DFKD_RETURN_IF_ERROR(CheckKnown(where + ".than", rule.than(), cells));
  }
  return absl::OkStatus();
}

// Two arms and their values' names can meet in one.
absl::Status CheckCells(const Study& study) {
  std::set<std::string> folders;
  for (const StudyCell& cell : JudgedCells(study)) {
    std::vector<StudyCell> candidates = CandidatesOf(study, cell);
    if (candidates.empty()) candidates.push_back(cell);
    for (const StudyCell& candidate : candidates) {
      if (folders.insert(candidate.folder).second) continue;
      return ConfigError(absl::StrCat("two cells are named ", candidate.folder,
                                      "; give arms and values other names"));
    }
  }
  return absl::OkStatus();
}

// A path beside `file` as one from where the user stands.
void LeadFromHere(const std::string& file, Study* study) {
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  for (StudyArm& arm : *study->mutable_arm()) {
    if (IsSpecPath(arm.spec())) arm.set_spec((folder / arm.spec()).lexically_normal().string());
  }
}

absl::StatusOr<StudyFile> ReadShipped(absl::string_view name) {
  StudyFile file;
  file.name = std::string(name);
  const EmbeddedFile* embedded = FindEmbeddedFile(kCategory, name);
  if (embedded != nullptr) {
    DFKD_RETURN_IF_ERROR(ParseTextproto(embedded->text, embedded->path, &file.study));
    return file;
  }
  std::vector<std::string> names;
  for (const EmbeddedFile* other : ListEmbeddedFiles(kCategory)) names.emplace_back(other->name);
  return ConfigError(
      absl::StrCat("there is no shipped study \"", name, "\" among ",
                   names.empty() ? "those linked (none)" : absl::StrJoin(names, ", "),
                   DidYouMean(name, names), "; a file's path ends in .textproto or holds a slash"));
}

absl::StatusOr<StudyFile> ReadPath(const std::string& path) {
  StudyFile file;
  file.name = std::filesystem::path(path).stem().string();
  DFKD_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxTextprotoBytes));
  DFKD_RETURN_IF_ERROR(ParseTextproto(text, path, &file.study));
  LeadFromHere(path, &file.study);
  return file;
}

}  // namespace

absl::Status CheckStudy(const Study& study) {
  DFKD_RETURN_IF_ERROR(CheckFields(study, ""));
  DFKD_RETURN_IF_ERROR(CheckNames("arm", study.arm()));
  DFKD_RETURN_IF_ERROR(CheckMeasures(study));
  DFKD_RETURN_IF_ERROR(CheckSeeds("seed", study.seed()));
  for (const StudyArm& arm : study.arm()) {
    DFKD_RETURN_IF_ERROR(CheckSeeds(absl::StrCat("arm ", arm.name(), ".seed"), arm.seed()));
  }
  DFKD_RETURN_IF_ERROR(CheckFactors(study));
  DFKD_RETURN_IF_ERROR(CheckChoice(study));
  DFKD_RETURN_IF_ERROR(CheckCells(study));
  return CheckRules(study);
}

absl::StatusOr<StudyFile> LoadStudy(absl::string_view path_or_name) {
  const bool is_path = IsSpecPath(path_or_name);
  DFKD_ASSIGN_OR_RETURN(StudyFile file,
                        is_path ? ReadPath(std::string(path_or_name)) : ReadShipped(path_or_name));
  SpellOutDefaults(&file.study);
  DFKD_RETURN_IF_ERROR(Annotate(CheckStudy(file.study), path_or_name));
  return file;
}

absl::Status CheckAreCells(absl::string_view where, const std::vector<std::string>& names,
                           const Study& study) {
  const std::vector<std::string> cells = CellNames(study);
  for (const std::string& name : names) DFKD_RETURN_IF_ERROR(CheckKnown(where, name, cells));
  return absl::OkStatus();
}

absl::string_view AnalysedBy(const StudyMeasure& measure) {
  const absl::string_view analysis = measure.analysis();
  const size_t dot = analysis.find('.');
  return dot == analysis.npos ? "" : analysis.substr(0, dot);
}

Study RelativeTo(Study study, const std::string& dir) {
  for (StudyArm& arm : *study.mutable_arm()) {
    if (!IsSpecPath(arm.spec())) continue;
    std::error_code error;
    const auto relative = std::filesystem::relative(arm.spec(), dir, error);
    // A name without a slash or an ending would be a shipped spec's.
    if (!error) arm.set_spec((std::filesystem::path(".") / relative).string());
  }
  return study;
}

}  // namespace dfkd
