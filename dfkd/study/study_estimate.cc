#include "dfkd/study/study_estimate.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "dfkd/core/files.h"
#include "dfkd/core/status.h"
#include "dfkd/core/stop.h"
#include "dfkd/report/format.h"
#include "dfkd/report/results.h"
#include "dfkd/report/table.h"
#include "dfkd/study/study_plan.h"
#include "dfkd/study/study_results.h"
#include "dfkd/study/study_specs.h"
#include "dfkd/train/estimate.h"

namespace dfkd {
namespace {

// What is left to do of a cell or a teacher, and how long one run of it takes.
struct Share {
  std::string name;
  int64_t runs = 0;
  double seconds = 0;

  double total() const { return static_cast<double>(runs) * seconds; }
};

class Estimator {
 public:
  Estimator(const Study& study, const std::string& dir, const std::vector<std::string>& cells,
            int parallel)
      : study_(study),
        dir_(dir),
        plans_(PlanCells(study, cells)),
        parallel_(parallel),
        specs_(study, dir) {}

  absl::StatusOr<std::string> Run() {
    for (const CellPlan& plan : plans_) {
      DFKD_RETURN_IF_ERROR(plan.candidates.empty() ? Add(plan.cell) : AddChoice(plan));
    }
    // Behind the cells, which name them.
    for (const PlannedRun& teacher : specs_.teachers()) {
      Share share{teacher.folder};
      DFKD_RETURN_IF_ERROR(AddRuns({teacher}, &share));
    }
    return Describe();
  }

 private:
  absl::Status Add(const StudyCell& cell) {
    Share share{cell.folder};
    std::vector<PlannedRun> runs;
    for (const uint64_t seed : cell.seeds) {
      DFKD_ASSIGN_OR_RETURN(PlannedRun run, specs_.Plan(cell, seed));
      runs.push_back(std::move(run));
    }
    return AddRuns(runs, &share);
  }

  // The chosen value is not known: as long as the mean of the candidates.
  absl::Status AddChoice(const CellPlan& plan) {
    double seconds = 0;
    for (const StudyCell& candidate : plan.candidates) {
      DFKD_RETURN_IF_ERROR(Add(candidate));
      seconds += shares_.back().seconds / static_cast<double>(plan.candidates.size());
    }
    for (const uint64_t seed : plan.cell.seeds) {
      const StudyCell any = WithChoice(study_, plan.cell, plan.candidates.front());
      DFKD_RETURN_IF_ERROR(specs_.Plan(any, seed).status());
    }
    shares_.push_back(
        {plan.cell.name + ", as chosen", static_cast<int64_t>(plan.cell.seeds.size()), seconds});
    return absl::OkStatus();
  }

  absl::Status AddRuns(const std::vector<PlannedRun>& runs, Share* share) {
    std::vector<double> measured;
    const PlannedRun* left = nullptr;
    for (const PlannedRun& run : runs) {
      DFKD_ASSIGN_OR_RETURN(const bool finished, IsFinished(run, dir_));
      if (finished) {
        StudyRun done;
        ReadStudyRun(study_, JoinPath(dir_, run.folder), &done);
        measured.push_back(done.seconds);
      } else {
        left = &run;
        ++share->runs;
      }
    }
    share->seconds = Spread::Of(measured).mean;
    if (left != nullptr && measured.empty()) {
      if (StopRequested()) return StoppedError("stopped before it began");
      ResolvedSpec spec = left->with_teachers_spec;
      // The teacher is a run of its own.
      if (spec.spec.has_teacher()) spec.spec.mutable_teacher()->set_train_if_missing(false);
      absl::StatusOr<RunEstimate> estimate = EstimateRun(spec, JoinPath(dir_, left->folder));
      if (!estimate.ok()) return Annotate(estimate.status(), share->name);
      share->seconds = estimate->seconds();
    }
    shares_.push_back(*share);
    return absl::OkStatus();
  }

  std::string Describe() const {
    TextTable table({{"cell"},
                     {"runs left", Align::kRight},
                     {"a run", Align::kRight},
                     {"in all", Align::kRight}});
    int64_t runs = 0;
    double seconds = 0;
    for (const Share& share : shares_) {
      table.AddRow({share.name, FormatCount(share.runs), FormatSeconds(share.seconds),
                    FormatSeconds(share.total())});
      runs += share.runs;
      seconds += share.total() / parallel_;
    }
    return absl::StrCat(
        table.Render(),
        absl::StrFormat("%d runs left, %d at a time with %d %s each: about %s (%.2f hours)\n", runs,
                        parallel_, study_.threads(), study_.threads() == 1 ? "thread" : "threads",
                        FormatSeconds(seconds), seconds / 3600));
  }

  const Study& study_;
  const std::string& dir_;
  const std::vector<CellPlan> plans_;
  const int parallel_;
  StudySpecs specs_;
  std::vector<Share> shares_;
};

}  // namespace

absl::StatusOr<std::string> EstimateRuns(const Study& study, const std::string& dir,
                                         const std::vector<std::string>& cells, int parallel) {
  return Estimator(study, dir, cells, parallel).Run();
}

}  // namespace dfkd
