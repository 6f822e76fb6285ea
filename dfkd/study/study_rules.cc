// Rules that were fixed beforehand, held against what was found.
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "dfkd/study/study_results.h"

namespace dfkd {
namespace {

std::string Number(double value) { return absl::StrFormat("%.4g", value); }

// "greater than 2", "less than -2".
std::string Bound(const StudyRule& rule) {
  return rule.less() ? absl::StrCat("less than ", Number(rule.margin() == 0 ? 0 : -rule.margin()))
                     : absl::StrCat("greater than ", Number(rule.margin()));
}

// Rules speak of what is better: with `less`, signs are changed before a comparison with `margin`.
double Better(const StudyRule& rule, double value) { return rule.less() ? -value : value; }

Verdict VerdictOf(bool held) { return held ? Verdict::kHeld : Verdict::kNotHeld; }

// Of a cell the runs that have no value of the measure; "" where all have.
std::string Missing(const CellResult& cell, const std::string& measure) {
  const auto values = cell.Values(measure);
  std::vector<std::string> seeds;
  for (const StudyRun& run : cell.runs) {
    if (!values.contains(run.seed)) seeds.push_back(absl::StrCat(run.seed));
  }
  if (seeds.empty()) return "";
  return absl::StrCat(cell.cell.name, " has no value for seed", seeds.size() == 1 ? " " : "s ",
                      absl::StrJoin(seeds, ", "));
}

class Judgement {
 public:
  Judgement(const StudyRule& rule, const StudyResults& results)
      : rule_(rule), title_(MeasureTitle(results, rule.measure())) {
    for (const std::string& name : rule.cell()) cells_.push_back(FindCell(results, name));
    if (rule.has_than()) than_ = FindCell(results, rule.than());
  }

  RuleResult Judge() {
    RuleResult result;
    result.condition = Condition();
    std::vector<std::string> missing;
    for (const CellResult* cell : cells_) AddMissing(*cell, &missing);
    if (than_ != nullptr) AddMissing(*than_, &missing);
    if (!missing.empty()) {
      result.numbers = absl::StrJoin(missing, "; ");
      return result;
    }
    if (than_ != nullptr) {
      JudgePairs(&result);
    } else if (rule_.kind() == StudyRule::LEVEL) {
      const Spread value = cells_[0]->Measure(rule_.measure());
      result.verdict =
          VerdictOf(rule_.less() ? value.mean < rule_.margin() : value.mean > rule_.margin());
      result.numbers = value.ToString(3);
    } else {
      JudgeCourse(&result);
    }
    return result;
  }

 private:
  void AddMissing(const CellResult& cell, std::vector<std::string>* missing) const {
    const std::string line = Missing(cell, rule_.measure());
    if (!line.empty()) missing->push_back(line);
  }

  std::string Condition() const {
    const std::string difference =
        than_ == nullptr ? "" : absl::StrCat(cells_[0]->cell.name, " − ", than_->cell.name);
    switch (rule_.kind()) {
      case StudyRule::MOST_SEEDS:
        return absl::StrCat(title_, ": ", difference, " ", Bound(rule_), " in at least ",
                            rule_.at_least(), " of ", rule_.of(), " seeds");
      case StudyRule::MEAN_DIFFERENCE:
        return absl::StrCat(title_, ": mean of ", difference, " ", Bound(rule_));
      case StudyRule::INTERVAL:
        return absl::StrCat(title_, ": 95 % interval of the mean of ", difference, " ",
                            Bound(rule_));
      case StudyRule::LEVEL:
        return absl::StrCat(title_, ": mean of ", cells_[0]->cell.name, " ", LevelBound());
      case StudyRule::NEVER_FALLS:
        break;
    }
    std::vector<std::string> names;
    for (const CellResult* cell : cells_) names.push_back(cell->cell.name);
    return absl::StrCat(
        title_, ": never ", rule_.less() ? "rises" : "falls",
        rule_.margin() > 0 ? absl::StrCat(" by more than ", Number(rule_.margin())) : "", " along ",
        absl::StrJoin(names, ", "));
  }

  std::string LevelBound() const {
    return absl::StrCat(rule_.less() ? "less than " : "greater than ", Number(rule_.margin()));
  }

  void JudgePairs(RuleResult* result) const {
    const StudyDifference difference = Difference(*cells_[0], *than_, rule_.measure());
    const int64_t count = static_cast<int64_t>(difference.pairs.size());
    if (count == 0) {
      result->numbers = "no seed that both have";
      return;
    }
    std::vector<std::string> values;
    int64_t better = 0;
    for (const auto& [seed, value] : difference.pairs) {
      values.push_back(absl::StrFormat("%+.4g", value));
      if (Better(rule_, value) > rule_.margin()) ++better;
    }
    result->numbers = absl::StrCat("differences ", absl::StrJoin(values, ", "), "; mean ",
                                   absl::StrFormat("%+.4g", difference.spread.mean));
    if (difference.interval) {
      absl::StrAppend(&result->numbers, absl::StrFormat(" [%+.4g, %+.4g]", difference.interval->low,
                                                        difference.interval->high));
    }
    if (rule_.kind() == StudyRule::MOST_SEEDS) {
      const int64_t needed = SeedsNeeded(rule_.at_least(), rule_.of(), count);
      absl::StrAppend(&result->numbers, "; so in ", better, " of ", count, " seeds, ", needed,
                      " needed");
      result->verdict = VerdictOf(better >= needed);
    } else if (rule_.kind() == StudyRule::MEAN_DIFFERENCE) {
      result->verdict = VerdictOf(Better(rule_, difference.spread.mean) > rule_.margin());
    } else if (difference.interval) {
      const double end = rule_.less() ? difference.interval->high : difference.interval->low;
      result->verdict = VerdictOf(Better(rule_, end) > rule_.margin());
    } else {
      absl::StrAppend(&result->numbers, "; an interval takes two seeds");
    }
  }

  void JudgeCourse(RuleResult* result) const {
    std::vector<std::string> means;
    bool held = true;
    double before = 0;
    for (const CellResult* cell : cells_) {
      const double mean = cell->Measure(rule_.measure()).mean;
      if (!means.empty()) held = held && Better(rule_, mean - before) >= -rule_.margin();
      means.push_back(Number(mean));
      before = mean;
    }
    result->verdict = VerdictOf(held);
    result->numbers = absl::StrCat("means ", absl::StrJoin(means, ", "));
  }

  const StudyRule& rule_;
  const std::string title_;
  std::vector<const CellResult*> cells_;
  const CellResult* than_ = nullptr;
};

}  // namespace

absl::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHeld:
      return "held";
    case Verdict::kNotHeld:
      return "NOT held";
    case Verdict::kNotJudged:
      return "not judged";
  }
  return "";
}

RuleResult Judge(const StudyRule& rule, const StudyResults& results) {
  return Judgement(rule, results).Judge();
}

}  // namespace dfkd
