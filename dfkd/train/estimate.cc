#include "dfkd/train/estimate.h"

#include <sys/resource.h>

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "dfkd/core/files.h"
#include "dfkd/core/folders.h"
#include "dfkd/core/status.h"
#include "dfkd/report/format.h"
#include "dfkd/train/machine.h"
#include "dfkd/train/probe.h"
#include "dfkd/train/related_specs.h"
#include "dfkd/train/teacher_source.h"

namespace dfkd {
namespace {

int64_t PeakBytes() {
  struct rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;
}

// The stages of a run one after another, as Run::RunStages has them.
class Estimator {
 public:
  Estimator(const ResolvedSpec& spec, std::string scratch)
      : spec_(spec.spec), scratch_(std::move(scratch)) {}

  absl::StatusOr<RunEstimate> Run(const std::string& output_dir) {
    DFKD_ASSIGN_OR_RETURN(const Machine machine, ChooseForMachine(spec_.train()));
    device_ = machine.device;
    estimate_.machine = machine.chosen;
    DFKD_ASSIGN_OR_RETURN(const RelatedSpecs related, ResolveRelated(spec_));
    DFKD_RETURN_IF_ERROR(PrepareTeacher(related, output_dir));
    for (const ResolvedSpec& floor : related.floors) {
      DFKD_RETURN_IF_ERROR(Probe(floor.name, floor.spec, teacher_.get()));
    }
    DFKD_RETURN_IF_ERROR(Probe(kStudentStage, spec_, teacher_.get()));
    estimate_.peak_bytes = PeakBytes();
    return std::move(estimate_);
  }

 private:
  absl::Status PrepareTeacher(const RelatedSpecs& related, const std::string& output_dir) {
    Experiment allowed = spec_;
    if (related.teacher.has_value()) allowed.mutable_teacher()->set_train_if_missing(true);
    DFKD_ASSIGN_OR_RETURN(const std::optional<TeacherSource> source,
                          FindTeacher(allowed, related, output_dir));
    if (!source.has_value()) return absl::OkStatus();
    if (source->weights.empty()) {
      estimate_.remark = absl::StrCat(
          "the teacher has random weights here: ", related.teacher->name, " has not been run");
      // Its data may be all that says what it will be trained on.
      if (!allowed.has_data()) *allowed.mutable_data() = related.teacher->spec.data();
      if (spec_.teacher().train_if_missing()) {
        DFKD_RETURN_IF_ERROR(Probe(kTeacherStage, related.teacher->spec, nullptr));
      }
    }
    DFKD_ASSIGN_OR_RETURN(teacher_, LoadTeacher(allowed, *source, device_));
    return absl::OkStatus();
  }

  absl::Status Probe(const std::string& name, const Experiment& spec, const Teacher* teacher) {
    ProbeOptions options;
    options.name = name;
    options.spec = spec;
    options.teacher = teacher;
    options.device = device_;
    options.scratch = JoinPath(scratch_, name);
    options.files = FileSystem::Posix();
    DFKD_ASSIGN_OR_RETURN(StageEstimate stage, ProbeStage(options));
    estimate_.stages.push_back(std::move(stage));
    return absl::OkStatus();
  }

  const Experiment& spec_;
  const std::string scratch_;
  at::Device device_ = at::kCPU;
  std::unique_ptr<Teacher> teacher_;
  RunEstimate estimate_;
};

std::string Line(absl::string_view stage, absl::string_view part, const StepCost& cost,
                 absl::string_view unit) {
  if (cost.steps == 0) return "";
  return absl::StrFormat("  %-12s %-22s %10d %-7s x %8.4f s = %s\n", stage, part, cost.steps, unit,
                         cost.seconds, FormatSeconds(cost.total()));
}

}  // namespace

double RunEstimate::seconds() const {
  double sum = 0;
  for (const StageEstimate& stage : stages) sum += stage.seconds();
  return sum;
}

absl::StatusOr<RunEstimate> EstimateRun(const ResolvedSpec& spec, const std::string& output_dir) {
  DFKD_ASSIGN_OR_RETURN(const std::unique_ptr<TemporaryFolder> scratch,
                        TemporaryFolder::Make("estimate"));
  return Estimator(spec, scratch->path()).Run(output_dir);
}

std::string DescribeEstimate(const RunEstimate& estimate) {
  std::string text;
  for (const StageEstimate& stage : estimate.stages) {
    absl::StrAppend(&text, Line(stage.name, "warm-up", stage.warmup, "steps"),
                    Line(stage.name, "synthesis", stage.own, "steps"),
                    Line(stage.name, "learning", stage.student, "steps"),
                    Line(stage.name, "evaluation", stage.evaluation, "images"));
  }
  absl::StrAppend(&text,
                  absl::StrFormat("  in all, about %s (%.2f hours) on %s, %s, %s threads\n",
                                  FormatSeconds(estimate.seconds()), estimate.seconds() / 3600,
                                  estimate.machine.at("device"), estimate.machine.at("precision"),
                                  estimate.machine.at("threads")));
  if (!estimate.remark.empty()) absl::StrAppend(&text, "  ", estimate.remark, "\n");
  return text;
}

}  // namespace dfkd
