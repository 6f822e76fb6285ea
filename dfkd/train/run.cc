#include "dfkd/train/run.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "dfkd/core/status.h"
#include "dfkd/core/stop.h"
#include "dfkd/report/analysis.h"
#include "dfkd/report/html_report.h"
#include "dfkd/train/analyse_run.h"
#include "dfkd/train/check.h"
#include "dfkd/train/machine.h"
#include "dfkd/train/related_specs.h"
#include "dfkd/train/run_folder.h"
#include "dfkd/train/stage.h"
#include "dfkd/train/teacher.h"
#include "dfkd/train/teacher_accuracy.h"
#include "dfkd/train/teacher_source.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

std::string ReportPath(const std::string& dir) { return JoinPath(dir, "report.html"); }

// A copy of all log lines in RUN_DIR/log.txt.
class LogFile : public google::LogSink {
 public:
  static absl::StatusOr<std::unique_ptr<LogFile>> Open(FileSystem* files, const std::string& dir) {
    DFKD_ASSIGN_OR_RETURN(auto file, files->OpenForAppend(JoinPath(dir, "log.txt")));
    return std::unique_ptr<LogFile>(new LogFile(std::move(file)));
  }
  ~LogFile() override { google::RemoveLogSink(this); }

  void send(google::LogSeverity severity, const char*, const char* base_filename, int line,
            const google::LogMessageTime& time, const char* message, size_t length) override {
    const std::string text = ToString(severity, base_filename, line, time, message, length);
    // A log that cannot be written must not end a run.
    (void)file_->Append(absl::StrCat(text, "\n"));
  }

 private:
  explicit LogFile(std::unique_ptr<WritableFile> file) : file_(std::move(file)) {
    google::AddLogSink(this);
  }
  std::unique_ptr<WritableFile> file_;
};

class Run {
 public:
  explicit Run(const RunOptions& options) : options_(options), spec_(options.spec.spec) {}

  absl::StatusOr<RunSummary> Execute() {
    // Before the check, which measures models by running them.
    DFKD_ASSIGN_OR_RETURN(const Machine machine, ChooseForMachine(spec_.train()));
    device_ = machine.device;
    DFKD_ASSIGN_OR_RETURN(const ExperimentCost cost, CheckExperiment(spec_));
    DFKD_ASSIGN_OR_RETURN(
        const OpenedRunFolder folder,
        OpenRunFolder(options_.files, options_.output_dir, options_.spec,
                      Fingerprint(options_.spec.canonical_text, machine.chosen), options_.command));
    if (folder.finished) {
      DFKD_ASSIGN_OR_RETURN(summary_, ReadSummary(options_.output_dir));
      if (!FileExists(ReportPath(options_.output_dir))) DFKD_RETURN_IF_ERROR(WriteOutputs(true));
      return summary_;
    }
    DFKD_RETURN_IF_ERROR(CheckResources(cost, options_.output_dir));
    DFKD_ASSIGN_OR_RETURN(const std::unique_ptr<LogFile> log,
                          LogFile::Open(options_.files, options_.output_dir));
    BeginSummary();
    const absl::Status status = RunStages();
    // An unfinished run has a report too.
    const absl::Status reported = WriteOutputs(status.ok());
    DFKD_RETURN_IF_ERROR(status);
    DFKD_RETURN_IF_ERROR(reported);
    return summary_;
  }

 private:
  void BeginSummary() {
    summary_.experiment = options_.spec.name;
    summary_.description = spec_.description();
    summary_.seed = spec_.train().seed();
    summary_.selection = spec_.evaluation().selection();
  }

  absl::Status RunStages() {
    DFKD_ASSIGN_OR_RETURN(const RelatedSpecs related, ResolveRelated(spec_));
    DFKD_RETURN_IF_ERROR(PrepareTeacher(related));
    for (const ResolvedSpec& floor : related.floors) {
      DFKD_RETURN_IF_ERROR(RunOne(floor.name, StageRole::kFloor, floor.spec).status());
    }
    const bool trains_teacher = !spec_.teacher().has_from() && !spec_.teacher().has_model();
    DFKD_RETURN_IF_ERROR(
        RunOne(kStudentStage, trains_teacher ? StageRole::kTeacher : StageRole::kStudent, spec_)
            .status());
    return TakeMeasures();
  }

  // Of a copy, so that nothing above depends on them; a run that was killed here takes them again.
  absl::Status TakeMeasures() {
    if (spec_.evaluation().measures().empty()) return absl::OkStatus();
    AnalyseOptions analyse;
    analyse.spec = spec_;
    analyse.run_dir = options_.output_dir;
    analyse.seed = spec_.train().seed();
    analyse.leave_out = true;
    analyse.files = options_.files;
    DFKD_ASSIGN_OR_RETURN(const Analysis analysis, AnalyseRun(analyse));
    for (const AnalysedMeasure& measure : analysis.measures) {
      if (measure.left_out.empty()) continue;
      LOG(WARNING) << "measure " << measure.name << " was left out: " << measure.left_out;
    }
    return absl::OkStatus();
  }

  absl::Status PrepareTeacher(const RelatedSpecs& related) {
    DFKD_ASSIGN_OR_RETURN(std::optional<TeacherSource> source,
                          FindTeacher(spec_, related, options_.output_dir));
    if (!source.has_value()) return absl::OkStatus();
    if (source->weights.empty()) {
      DFKD_ASSIGN_OR_RETURN(const StageResult result,
                            RunOne(kTeacherStage, StageRole::kTeacher, related.teacher->spec));
      source->weights = result.weights;
    }
    DFKD_ASSIGN_OR_RETURN(teacher_, LoadTeacher(spec_, *source, device_));
    // One that was trained in this run was measured there.
    return summary_.stages.empty() ? JudgeTeacher() : absl::OkStatus();
  }

  // Gives the teacher its line in the table, and stops where it is worse than its card says.
  absl::Status JudgeTeacher() {
    DFKD_ASSIGN_OR_RETURN(const std::optional<TeacherAccuracy> accuracy,
                          MeasureTeacher(spec_, *teacher_));
    if (!accuracy.has_value()) return absl::OkStatus();
    const TeacherCard& card = teacher_->card();
    LOG(INFO) << "teacher: "
              << absl::StrFormat("%s%.2f%% of %d %s images",
                                 accuracy->measured.segmentation.has_value() ? "mIoU " : "",
                                 accuracy->measured.accuracy(), accuracy->measured.count,
                                 accuracy->split)
              << (card.has_accuracy()
                      ? absl::StrFormat(", its card declares %.2f%%", card.accuracy())
                      : ", its card declares no accuracy");
    StageSummary summary;
    summary.name = kTeacherStage;
    summary.role = StageRole::kTeacher;
    summary.metric = absl::StrCat(accuracy->split, "_", accuracy->measured.metric());
    summary.evaluated_images = accuracy->measured.count;
    summary.last = accuracy->measured.accuracy();
    summary.best = accuracy->measured.accuracy();
    summary_.stages.push_back(summary);
    return CheckTeacherAccuracy(*accuracy, card, spec_.teacher().accuracy_tolerance());
  }

  absl::StatusOr<StageResult> RunOne(const std::string& name, StageRole role,
                                     const Experiment& spec) {
    StageOptions stage;
    stage.name = name;
    stage.dir = JoinPath(options_.output_dir, name);
    stage.spec = spec;
    stage.teacher = role == StageRole::kTeacher ? nullptr : teacher_.get();
    stage.files = options_.files;
    stage.resume = options_.resume;
    stage.device = device_;
    if (StopRequested()) {
      return StoppedError(
          absl::StrCat("stopped before ", name, "; run the same command again to resume"));
    }
    LOG(INFO) << name << ": " << spec.description();
    DFKD_ASSIGN_OR_RETURN(StageResult result, RunStage(stage));
    result.summary.name = name;
    result.summary.role = role;
    result.summary.weights = absl::StrCat(name, "/last.safetensors");
    summary_.stages.push_back(result.summary);
    DFKD_RETURN_IF_ERROR(WriteSummary(options_.files, options_.output_dir, summary_));
    return result;
  }

  absl::Status WriteOutputs(bool finished) {
    summary_.finished = finished;
    DFKD_RETURN_IF_ERROR(WriteSummary(options_.files, options_.output_dir, summary_));
    return WriteReport(options_.files, {options_.output_dir}, ReportPath(options_.output_dir))
        .status();
  }

  const RunOptions& options_;
  const Experiment& spec_;
  at::Device device_ = at::kCPU;
  std::unique_ptr<Teacher> teacher_;
  RunSummary summary_;
};

}  // namespace

absl::StatusOr<RunSummary> RunExperiment(const RunOptions& options) {
  return Run(options).Execute();
}

}  // namespace dfkd
