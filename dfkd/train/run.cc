#include "dfkd/train/run.h"

#include <ATen/Parallel.h>

#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/spec_diff.h"
#include "dfkd/core/status.h"
#include "dfkd/core/stop.h"
#include "dfkd/data/dataset.h"
#include "dfkd/metrics/evaluate_model.h"
#include "dfkd/models/model_factory.h"
#include "dfkd/report/html_report.h"
#include "dfkd/train/check.h"
#include "dfkd/train/precision.h"
#include "dfkd/train/related_specs.h"
#include "dfkd/train/run_folder.h"
#include "dfkd/train/stage.h"
#include "dfkd/train/teacher.h"
#include "dfkd/weights/weights.h"
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

// Whether the folder was made by a spec equal to `spec`.
bool HoldsRunOf(const std::string& dir, const Experiment& spec) {
  const absl::StatusOr<std::string> text =
      ReadFile(JoinPath(dir, "resolved.textproto"), kMaxTextprotoBytes);
  Experiment before;
  return text.ok() && ParseTextproto(*text, dir, &before).ok() && DiffSpecs(before, spec).empty();
}

class Run {
 public:
  explicit Run(const RunOptions& options) : options_(options), spec_(options.spec.spec) {}

  absl::StatusOr<RunSummary> Execute() {
    DFKD_ASSIGN_OR_RETURN(const ExperimentCost cost, CheckExperiment(spec_));
    DFKD_RETURN_IF_ERROR(ChooseForMachine());
    DFKD_ASSIGN_OR_RETURN(
        const OpenedRunFolder folder,
        OpenRunFolder(options_.files, options_.output_dir, options_.spec,
                      Fingerprint(options_.spec.canonical_text, chosen_), options_.command));
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
  absl::Status ChooseForMachine() {
    if (spec_.train().device() != "cpu") {
      return ConfigError(
          absl::StrCat("train.device is \"", spec_.train().device(),
                       "\"; this build computes on the CPU alone: set device to cpu"));
    }
    if (spec_.train().threads() > 0) at::set_num_threads(spec_.train().threads());
    chosen_ = {{"precision", TrainSpec::Precision_Name(ChoosePrecision(spec_.train().precision()))},
               {"device", "cpu"},
               {"threads", absl::StrCat(at::get_num_threads())}};
    return absl::OkStatus();
  }

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
    return RunOne(kStudentStage, trains_teacher ? StageRole::kTeacher : StageRole::kStudent, spec_)
        .status();
  }

  // Where the teacher's experiment has been run beside this one, its weights are taken.
  absl::Status PrepareTeacher(const RelatedSpecs& related) {
    if (related.teacher.has_value()) {
      DFKD_ASSIGN_OR_RETURN(const std::string weights, TeacherWeights(*related.teacher));
      return LoadTeacher(related.teacher->spec.student().model(), weights);
    }
    if (spec_.teacher().has_model()) {
      return LoadTeacher(spec_.teacher().model(), spec_.teacher().model().weights());
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> TeacherWeights(const ResolvedSpec& teacher) {
    const absl::string_view own = absl::StripSuffix(options_.output_dir, "/");
    const size_t slash = own.rfind('/');
    const std::string parent = slash == own.npos ? "." : std::string(own.substr(0, slash));
    const std::string beside = JoinPath(parent, teacher.name);
    const absl::StatusOr<RunSummary> finished = ReadSummary(beside);
    // A person who ran it with changes of their own and wants it trained no more gets just that.
    if (finished.ok() && finished->finished &&
        (!spec_.teacher().train_if_missing() || HoldsRunOf(beside, teacher.spec))) {
      return JoinPath(beside, absl::StrCat(kStudentStage, "/last.safetensors"));
    }
    if (!spec_.teacher().train_if_missing()) {
      return InputFileError(absl::StrCat("teacher.from names ", teacher.name, ", and ", beside,
                                         " holds no finished run of it; run it first, or set "
                                         "teacher.train_if_missing=true"));
    }
    DFKD_ASSIGN_OR_RETURN(const StageResult result,
                          RunOne(kTeacherStage, StageRole::kTeacher, teacher.spec));
    return result.weights;
  }

  absl::Status LoadTeacher(const ModelSpec& model_spec, const std::string& weights) {
    DFKD_ASSIGN_OR_RETURN(const WeightFile file, ReadWeights(weights));
    TeacherCard from_file;
    const auto text = file.metadata.find(kCardMetadataKey);
    if (text != file.metadata.end()) {
      DFKD_ASSIGN_OR_RETURN(from_file, CardFromText(text->second, weights));
    }
    TeacherCard declared;
    if (spec_.has_data()) {
      DFKD_ASSIGN_OR_RETURN(declared, Registry<Dataset>::Get().GetOutline(spec_.data().source(),
                                                                          spec_, "data.source"));
    }
    DFKD_ASSIGN_OR_RETURN(TeacherCard card,
                          MergeCards({{"teacher.card in the spec", &spec_.teacher().card()},
                                      {absl::StrCat("the card in ", weights), &from_file},
                                      {"the data set", &declared}}));
    RandomStream init(0, "teacher_init");
    ModelContext context;
    context.num_classes = card.class_name_size();
    context.channels = card.channels();
    context.height = card.height();
    context.width = card.width();
    context.init = &init;
    DFKD_ASSIGN_OR_RETURN(std::unique_ptr<Model> model,
                          CreateModel(model_spec, context, "teacher.model"));
    DFKD_RETURN_IF_ERROR(LoadInto(file, model.get(), weights));
    DFKD_ASSIGN_OR_RETURN(teacher_, Teacher::Create(std::move(model), std::move(card), at::kCPU));
    return MeasureTeacher();
  }

  // A teacher that was not trained in this run gets its line in the table by being measured.
  absl::Status MeasureTeacher() {
    if (!summary_.stages.empty() || !spec_.has_data()) return absl::OkStatus();
    const TeacherCard& card = teacher_->card();
    DFKD_ASSIGN_OR_RETURN(const std::unique_ptr<Dataset> data,
                          Registry<Dataset>::Get().Create(
                              spec_.data().source(), {card.height(), card.width()}, "data.source"));
    const Split* test = data->split(SplitName::kTest);
    if (test == nullptr) return absl::OkStatus();
    DFKD_ASSIGN_OR_RETURN(
        const Evaluation evaluation,
        EvaluateModel(teacher_->model(), *test, card, spec_.evaluation().batch_size(), at::kCPU));
    StageSummary summary;
    summary.name = kTeacherStage;
    summary.role = StageRole::kTeacher;
    summary.metric = "test_top1";
    summary.evaluated_images = evaluation.count;
    summary.last = evaluation.top1;
    summary.best = evaluation.top1;
    summary_.stages.push_back(summary);
    return absl::OkStatus();
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
  std::map<std::string, std::string> chosen_;
  std::unique_ptr<Teacher> teacher_;
  RunSummary summary_;
};

}  // namespace

absl::StatusOr<RunSummary> RunExperiment(const RunOptions& options) {
  return Run(options).Execute();
}

}  // namespace dfkd
