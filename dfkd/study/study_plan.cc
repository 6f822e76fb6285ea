#include "dfkd/study/study_plan.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"

namespace dfkd {
namespace {

bool Has(const StudyFactor& factor, const StudyArm& arm) {
  if (factor.arm().empty()) return arm.role() == StudyArm::COMPARED;
  return std::find(factor.arm().begin(), factor.arm().end(), arm.name()) != factor.arm().end();
}

bool IsChosen(const Study& study, const StudyFactor& factor) {
  return study.has_choose() && study.choose().factor() == factor.name();
}

const std::string& LabelOf(const StudyValue& value) {
  return value.has_label() ? value.label() : value.name();
}

template <typename Items>
void Append(const Items& items, std::vector<std::string>* to) {
  to->insert(to->end(), items.begin(), items.end());
}

StudyCell MakeCell(const Study& study, int arm_index, const std::vector<int>& values) {
  const StudyArm& arm = study.arm(arm_index);
  std::vector<std::string> name = {arm.name()}, folder = name, label = {LabelOf(arm)};
  StudyCell cell;
  cell.arm = arm_index;
  cell.values = values;
  cell.spec = arm.spec();
  Append(study.set(), &cell.sets);
  Append(arm.set(), &cell.sets);
  for (int f = 0; f < study.factor_size(); ++f) {
    if (values[f] < 0) continue;
    const StudyValue& value = study.factor(f).value(values[f]);
    folder.push_back(value.name());
    if (!IsChosen(study, study.factor(f))) name.push_back(value.name());
    label.push_back(LabelOf(value));
    Append(value.set(), &cell.sets);
  }
  cell.name = absl::StrJoin(name, "_");
  cell.folder = absl::StrJoin(folder, "_");
  cell.label = absl::StrJoin(label, ", ");
  const auto& seeds = arm.seed().empty() ? study.seed() : arm.seed();
  cell.seeds.assign(seeds.begin(), seeds.end());
  return cell;
}

}  // namespace

const std::string& LabelOf(const StudyArm& arm) {
  return arm.has_label() ? arm.label() : arm.name();
}

std::vector<StudyCell> JudgedCells(const Study& study) {
  std::vector<StudyCell> cells;
  for (int a = 0; a < study.arm_size(); ++a) {
    // Every combination, as an odometer.
    std::vector<std::vector<int>> combinations = {{}};
    for (const StudyFactor& factor : study.factor()) {
      std::vector<std::vector<int>> longer;
      const bool open = !Has(factor, study.arm(a)) || IsChosen(study, factor);
      for (const std::vector<int>& combination : combinations) {
        for (int v = open ? -1 : 0; v < (open ? 0 : factor.value_size()); ++v) {
          longer.push_back(combination);
          longer.back().push_back(v);
        }
      }
      combinations = std::move(longer);
    }
    for (const std::vector<int>& values : combinations) cells.push_back(MakeCell(study, a, values));
  }
  return cells;
}

std::vector<StudyCell> CandidatesOf(const Study& study, const StudyCell& cell) {
  std::vector<StudyCell> candidates;
  for (int f = 0; f < study.factor_size(); ++f) {
    const StudyFactor& factor = study.factor(f);
    if (!IsChosen(study, factor) || !Has(factor, study.arm(cell.arm))) continue;
    for (int v = 0; v < factor.value_size(); ++v) {
      std::vector<int> values = cell.values;
      values[f] = v;
      candidates.push_back(MakeCell(study, cell.arm, values));
      candidates.back().seeds.assign(study.choose().seed().begin(), study.choose().seed().end());
    }
  }
  return candidates;
}

StudyCell WithChoice(const Study& study, const StudyCell& cell, const StudyCell& candidate) {
  StudyCell chosen = MakeCell(study, cell.arm, candidate.values);
  chosen.seeds = cell.seeds;
  return chosen;
}

std::vector<CellPlan> PlanCells(const Study& study, const std::vector<std::string>& only) {
  std::vector<CellPlan> plans;
  for (StudyCell& cell : JudgedCells(study)) {
    if (!only.empty() && std::find(only.begin(), only.end(), cell.name) == only.end()) continue;
    std::vector<StudyCell> candidates = CandidatesOf(study, cell);
    plans.push_back({std::move(cell), std::move(candidates)});
  }
  return plans;
}

std::string BaselineOf(const Study& study) {
  return study.has_baseline() ? study.baseline() : JudgedCells(study).front().name;
}

}  // namespace dfkd
