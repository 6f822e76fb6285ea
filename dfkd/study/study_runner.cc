#include "dfkd/study/study_runner.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "dfkd/core/edit_distance.h"
#include "dfkd/core/status.h"
#include "dfkd/core/stop.h"
#include "dfkd/report/analysis.h"
#include "dfkd/report/format.h"
#include "dfkd/report/progress.h"
#include "dfkd/report/table.h"
#include "dfkd/study/processes.h"
#include "dfkd/study/study_estimate.h"
#include "dfkd/study/study_folder.h"
#include "dfkd/study/study_plan.h"
#include "dfkd/study/study_report.h"
#include "dfkd/study/study_specs.h"
#include "dfkd/train/analyse_run.h"
#include "dfkd/train/check.h"

namespace dfkd {
namespace {

int ThreadsOfARun(const StudyOptions& options) {
  return std::max(1, options.cores / std::max(1, options.parallel));
}

// Each cell with settings of its own, once.
std::vector<StudyCell> DifferentCells(const std::vector<CellPlan>& plans) {
  std::vector<StudyCell> cells;
  for (const CellPlan& plan : plans) {
    if (plan.candidates.empty()) cells.push_back(plan.cell);
    cells.insert(cells.end(), plan.candidates.begin(), plan.candidates.end());
  }
  return cells;
}

absl::Status CheckRun(const PlannedRun& run) {
  return CheckExperiment(run.with_teachers_spec.spec).status();
}

// What the study reads from its runs' analyses, they have to measure.
absl::Status CheckAnalyses(const Study& study, const PlannedRun& run) {
  const std::vector<std::string> taken = AnalysedNames(run.spec.spec.evaluation().measures());
  for (const StudyMeasure& measure : study.measure()) {
    const std::string by(AnalysedBy(measure));
    const bool is_taken = std::any_of(taken.begin(), taken.end(), [&](const std::string& name) {
      return IsAnalysisOf(name, by);
    });
    if (by.empty() || is_taken) continue;
    return ConfigError(absl::StrCat(
        "measure ", measure.name(), " reads ", measure.analysis(), ", but evaluation.measures has ",
        taken.empty() ? "none" : absl::StrJoin(taken, ", "), DidYouMean(by, taken),
        "; set evaluation.measures in the study so that its runs take ", by));
  }
  return absl::OkStatus();
}

absl::Status CheckCell(const Study& study, const StudyCell& cell, StudySpecs* specs) {
  DFKD_ASSIGN_OR_RETURN(const PlannedRun run, specs->Plan(cell, cell.seeds.front()));
  DFKD_RETURN_IF_ERROR(CheckRun(run));
  // A floor may have nothing to measure.
  return study.arm(cell.arm).role() == StudyArm::COMPARED ? CheckAnalyses(study, run)
                                                          : absl::OkStatus();
}

absl::Status CheckEachCell(const Study& study, const std::vector<CellPlan>& plans,
                           StudySpecs* specs) {
  for (const StudyCell& cell : DifferentCells(plans)) {
    DFKD_RETURN_IF_ERROR(
        Annotate(CheckCell(study, cell, specs), absl::StrCat("cell ", cell.folder)));
  }
  for (const PlannedRun& teacher : specs->teachers()) {
    DFKD_RETURN_IF_ERROR(Annotate(CheckRun(teacher), absl::StrCat("teacher ", teacher.spec.name)));
  }
  return absl::OkStatus();
}

class StudyRunner {
 public:
  StudyRunner(const StudyOptions& options, Study study)
      : options_(options),
        study_(std::move(study)),
        specs_(study_, options.output_dir),
        plans_(PlanCells(study_)) {
    results_.name = options.file.name;
    results_.study = study_;
    results_.command = options.command;
  }

  absl::StatusOr<StudyResults> Run() {
    DFKD_RETURN_IF_ERROR(Prepare());
    StartProgress();
    const absl::Status status = RunPhases();
    if (status.ok()) progress_->Finish();
    DFKD_RETURN_IF_ERROR(WriteStudyReport(options_.files, options_.output_dir, results_));
    DFKD_RETURN_IF_ERROR(status);
    return results_;
  }

 private:
  void StartProgress() {
    int64_t runs = 0, finished = 0;
    for (const std::vector<StudyRun*>& phase : {Teachers(), Candidates(), Judged()}) {
      runs += static_cast<int64_t>(phase.size());
      finished += std::count_if(phase.begin(), phase.end(), [](const StudyRun* run) {
        return run->state == RunState::kFinished;
      });
    }
    progress_ = std::make_unique<Progress>(results_.name, runs, "runs");
    progress_->Start(finished);
  }

  // Plans every run that is known yet, and reads those that are finished.
  absl::Status Prepare() {
    for (const CellPlan& plan : plans_) {
      if (!plan.candidates.empty()) {
        StudyChoiceResult choice;
        choice.cell = plan.cell.name;
        for (const StudyCell& candidate : plan.candidates) {
          DFKD_ASSIGN_OR_RETURN(CellResult result, Expect(candidate));
          choice.candidates.push_back(std::move(result));
        }
        results_.choices.push_back(std::move(choice));
        // Which runs these are is known when the value is chosen.
        CellResult judged{plan.cell, {}};
        for (const uint64_t seed : plan.cell.seeds) {
          StudyRun& run = judged.runs.emplace_back();
          run.folder = plan.cell.name;
          run.seed = seed;
          // Any candidate's teacher is the cell's.
          const StudyCell any = WithChoice(study_, plan.cell, plan.candidates.front());
          DFKD_RETURN_IF_ERROR(Plan(any, seed).status());
        }
        results_.cells.push_back(std::move(judged));
        continue;
      }
      DFKD_ASSIGN_OR_RETURN(CellResult result, Expect(plan.cell));
      results_.cells.push_back(std::move(result));
    }
    return ReadTeachers();
  }

  absl::StatusOr<PlannedRun> Plan(const StudyCell& cell, uint64_t seed) {
    DFKD_ASSIGN_OR_RETURN(PlannedRun planned, specs_.Plan(cell, seed));
    if (IsCalled(cell) && planned.teacher >= 0) teachers_called_.insert(planned.teacher);
    return planned;
  }

  // Whether this call runs the cell; others keep what earlier calls left.
  bool IsCalled(const StudyCell& cell) const {
    const std::vector<std::string>& names = options_.cells;
    return names.empty() || std::find(names.begin(), names.end(), cell.name) != names.end();
  }

  // The cell with its runs, those that are finished read.
  absl::StatusOr<CellResult> Expect(const StudyCell& cell) {
    CellResult result{cell, {}};
    for (const uint64_t seed : cell.seeds) {
      DFKD_ASSIGN_OR_RETURN(PlannedRun planned, Plan(cell, seed));
      results_.has_papers_numbers =
          results_.has_papers_numbers || planned.spec.spec.paper_size() > 0;
      DFKD_ASSIGN_OR_RETURN(StudyRun run, Read(planned));
      if (study_.arm(cell.arm).role() == StudyArm::COMPARED) compared_.insert(planned.folder);
      planned_[planned.folder] = std::move(planned);
      result.runs.push_back(std::move(run));
    }
    return result;
  }

  absl::Status ReadTeachers() {
    for (size_t i = results_.teachers.size(); i < specs_.teachers().size(); ++i) {
      const PlannedRun& teacher = specs_.teachers()[i];
      DFKD_ASSIGN_OR_RETURN(StudyRun run, Read(teacher));
      results_.teachers.push_back(std::move(run));
      planned_[teacher.folder] = teacher;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<StudyRun> Read(const PlannedRun& planned) {
    StudyRun run;
    run.folder = planned.folder;
    run.seed = planned.seed;
    DFKD_ASSIGN_OR_RETURN(const bool finished, IsFinished(planned, options_.output_dir));
    if (finished) ReadStudyRun(study_, JoinPath(options_.output_dir, run.folder), &run);
    return run;
  }

  absl::Status RunPhases() {
    DFKD_RETURN_IF_ERROR(RunAll(Teachers()));
    DFKD_RETURN_IF_ERROR(RunAll(Candidates()));
    DFKD_RETURN_IF_ERROR(ChooseValues());
    DFKD_RETURN_IF_ERROR(RunAll(Teachers()));
    return RunAll(Judged());
  }

  // The runs of this call.

  std::vector<StudyRun*> Teachers() {
    std::vector<StudyRun*> runs;
    for (const int index : teachers_called_) runs.push_back(&results_.teachers[index]);
    return runs;
  }

  std::vector<StudyRun*> Candidates() {
    std::vector<StudyRun*> runs;
    for (StudyChoiceResult& choice : results_.choices) {
      for (CellResult& candidate : choice.candidates) AddCalled(&candidate, &runs);
    }
    return runs;
  }

  std::vector<StudyRun*> Judged() {
    std::vector<StudyRun*> runs;
    for (CellResult& cell : results_.cells) AddCalled(&cell, &runs);
    return runs;
  }

  void AddCalled(CellResult* cell, std::vector<StudyRun*>* runs) const {
    if (!IsCalled(cell->cell)) return;
    for (StudyRun& run : cell->runs) runs->push_back(&run);
  }

  absl::Status ChooseValues() {
    for (StudyChoiceResult& choice : results_.choices) {
      const auto plan = std::find_if(plans_.begin(), plans_.end(), [&](const CellPlan& known) {
        return known.cell.name == choice.cell;
      });
      CellResult& cell = results_.cells[plan - plans_.begin()];
      const bool called = IsCalled(cell.cell);
      choice.chosen = Choose(study_.choose(), choice.candidates);
      if (choice.chosen < 0 && !called) continue;
      if (choice.chosen < 0) {
        const std::string why = absl::StrCat("no value was chosen for it: ", WhyNone(choice));
        for (StudyRun& run : cell.runs) Fail(why, kExitBadConfig, &run);
        continue;
      }
      const StudyCell& chosen = choice.candidates[choice.chosen].cell;
      DFKD_ASSIGN_OR_RETURN(cell, Expect(WithChoice(study_, plan->cell, chosen)));
      if (!called) continue;
      for (const StudyRun& run : cell.runs) {
        if (run.state == RunState::kFinished) progress_->Advance();
      }
      progress_->Note(absl::StrCat(choice.cell, ": chosen ", chosen.folder));
    }
    return ReadTeachers();
  }

  // A candidate failed, as its own line says, or has not what is compared.
  std::string WhyNone(const StudyChoiceResult& choice) const {
    for (const CellResult& candidate : choice.candidates) {
      for (const StudyRun& run : candidate.runs) {
        if (run.state != RunState::kFinished || run.choice) continue;
        return absl::StrCat("metrics.csv of ", run.folder, " has no value of ",
                            study_.choose().column(),
                            "; set choose.column to a column that it has, and choose another "
                            "--output_dir");
      }
    }
    return "a candidate has no result";
  }

  // Runs those that are not finished, and whose teacher is.
  absl::Status RunAll(const std::vector<StudyRun*>& runs) {
    std::vector<StudyRun*> left;
    std::vector<ProcessJob> jobs;
    for (StudyRun* run : runs) {
      if (run->state != RunState::kNotRun || TeacherFailed(run)) continue;
      DFKD_RETURN_IF_ERROR(options_.files->CreateDirectories(ConsoleFolder(run->folder)));
      DFKD_RETURN_IF_ERROR(WaitForFolder(JoinPath(options_.output_dir, run->folder)));
      ProcessJob job;
      job.arguments = {options_.program};
      for (std::string& argument : planned_.at(run->folder).Arguments(options_.output_dir)) {
        job.arguments.push_back(std::move(argument));
      }
      job.console = ConsolePath(run->folder);
      jobs.push_back(std::move(job));
      left.push_back(run);
    }
    return RunProcesses(
        jobs, options_.parallel,
        {.started = [&](size_t job) { ShowStarted(left[job]->folder); },
         .ended = [&](size_t job, const ProcessEnd& end) { ShowEnded(end, left[job]); }});
  }

  // A run of a study that was killed saves its state before it lets its folder go.
  static absl::Status WaitForFolder(const std::string& dir) {
    constexpr absl::Duration kLongest = absl::Minutes(1), kPoll = absl::Milliseconds(50);
    const absl::Time until = absl::Now() + kLongest;
    while (FileExists(dir)) {
      const absl::Status status = DirectoryLock::Acquire(dir).status();
      if (status.ok()) break;
      if (absl::Now() > until || StopRequested()) return status;
      absl::SleepFor(kPoll);
    }
    return absl::OkStatus();
  }

  // A run's own folder has to be empty when it begins: what it prints goes beside it.
  std::string ConsoleFolder(const std::string& folder) const {
    const std::string console = ConsolePath(folder);
    return console.substr(0, console.rfind('/'));
  }
  std::string ConsolePath(const std::string& folder) const {
    return absl::StrCat(JoinPath(options_.output_dir, folder), ".log");
  }

  bool TeacherFailed(StudyRun* run) {
    const int index = planned_.at(run->folder).teacher;
    if (index < 0 || results_.teachers[index].state == RunState::kFinished) return false;
    const StudyRun& teacher = results_.teachers[index];
    Fail(absl::StrCat("its teacher failed: ", teacher.folder), teacher.exit_code, run);
    return true;
  }

  void Fail(std::string why, int exit_code, StudyRun* run) {
    run->state = RunState::kFailed;
    run->failure = std::move(why);
    run->exit_code = exit_code;
    progress_->Advance();
  }

  void ShowStarted(const std::string& folder) {
    running_.insert(folder);
    progress_->SetStatus(absl::StrJoin(running_, ", "));
  }

  void ShowEnded(const ProcessEnd& end, StudyRun* run) {
    running_.erase(run->folder);
    progress_->SetStatus(absl::StrJoin(running_, ", "));
    if (end.ok()) ReadStudyRun(study_, JoinPath(options_.output_dir, run->folder), run);
    if (run->state == RunState::kFinished) {
      progress_->Advance();
      progress_->Note(absl::StrCat(run->folder, ": ",
                                   run->last ? absl::StrFormat("%.2f %%", *run->last) : "finished",
                                   " in ", FormatSeconds(end.seconds)));
      // A floor has no generator whose losses could be measured.
      if (!compared_.contains(run->folder)) run->notes.clear();
      for (const std::string& note : run->notes) progress_->Note(note);
    } else if (!StopRequested()) {
      Fail(end.ToString(), end.exit_code < 0 ? int{kExitInternal} : end.exit_code, run);
      progress_->Note(absl::StrCat(run->folder, ": failed, ", run->failure, "; see ",
                                   ConsolePath(run->folder)));
    }
    // So far as it has come; the one at the end says if it cannot be written.
    (void)WriteStudyReport(options_.files, options_.output_dir, results_);
  }

  const StudyOptions& options_;
  const Study study_;
  StudySpecs specs_;
  const std::vector<CellPlan> plans_;
  std::map<std::string, PlannedRun> planned_;  // by folder
  StudyResults results_;
  std::unique_ptr<Progress> progress_;
  std::set<int> teachers_called_;   // which of the teachers this call's cells need
  std::set<std::string> compared_;  // folders of runs that rules and differences are about
  std::set<std::string> running_;
};

// The study with the threads that its runs would have.
Study WithThreads(const StudyOptions& options) {
  Study study = options.file.study;
  study.set_threads(ThreadsOf(study, options.output_dir, ThreadsOfARun(options)));
  return study;
}

absl::Status ErrorOfExitCode(int exit_code, absl::string_view message) {
  switch (exit_code) {
    case kExitBadConfig:
      return ConfigError(message);
    case kExitBadInput:
      return InputFileError(message);
    case kExitDiverged:
      return DivergedError(message);
    case kExitStorage:
      return StorageError(message);
    case kExitStopped:
      return StoppedError(message);
    default:
      return absl::InternalError(message);
  }
}

}  // namespace

absl::StatusOr<std::string> CheckStudyCells(const StudyOptions& options) {
  const Study study = WithThreads(options);
  StudySpecs specs(study, options.output_dir);
  const std::vector<CellPlan> plans = PlanCells(study, options.cells);
  DFKD_RETURN_IF_ERROR(CheckEachCell(study, plans, &specs));
  TextTable table({{"cell"}, {"what"}, {"spec"}, {"seeds"}});
  size_t runs = 0;
  for (const CellPlan& plan : plans) {
    for (const StudyCell& candidate : plan.candidates) {
      table.AddRow(
          {candidate.folder, "chooses", candidate.spec, absl::StrJoin(candidate.seeds, ", ")});
      runs += candidate.seeds.size();
    }
    table.AddRow(
        {plan.cell.name, plan.cell.label, plan.cell.spec, absl::StrJoin(plan.cell.seeds, ", ")});
    runs += plan.cell.seeds.size();
  }
  return absl::StrCat(options.file.name, ": ok\n", table.Render(), runs, " runs\n");
}

absl::StatusOr<std::string> EstimateStudy(const StudyOptions& options) {
  const Study study = WithThreads(options);
  return EstimateRuns(study, options.output_dir, options.cells, std::max(1, options.parallel));
}

absl::StatusOr<StudyResults> RunStudy(const StudyOptions& options) {
  // What any cell asks for must be there, before a folder is made.
  DFKD_RETURN_IF_ERROR(CheckStudyCells(options).status());
  DFKD_ASSIGN_OR_RETURN(OpenedStudyFolder folder,
                        OpenStudyFolder(options.files, options.output_dir, options.file.study,
                                        ThreadsOfARun(options)));
  if (options.estimate) {
    DFKD_ASSIGN_OR_RETURN(const std::string estimate,
                          EstimateRuns(folder.study, options.output_dir, options.cells,
                                       std::max(1, options.parallel)));
    options.print(estimate);
  }
  return StudyRunner(options, std::move(folder.study)).Run();
}

absl::Status FailureOf(const StudyResults& results) {
  std::vector<const StudyRun*> failed;
  for (const StudyRun* run : AllRuns(results)) {
    if (run->state == RunState::kFailed) failed.push_back(run);
  }
  if (failed.empty()) return absl::OkStatus();
  return ErrorOfExitCode(failed[0]->exit_code,
                         absl::StrCat(failed.size(), failed.size() == 1 ? " run" : " runs",
                                      " failed; the same command tries again. The first: ",
                                      failed[0]->folder, ": ", failed[0]->failure));
}

}  // namespace dfkd
