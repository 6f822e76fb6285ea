#include "dfkd/train/stage.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "c10/util/Exception.h"
#include "dfkd/core/checkpoint.h"
#include "dfkd/core/status.h"
#include "dfkd/core/stop.h"
#include "dfkd/data/dataset.h"
#include "dfkd/report/budget.h"
#include "dfkd/report/pool_content.h"
#include "dfkd/report/progress.h"
#include "dfkd/report/recorder.h"
#include "dfkd/train/assembly.h"
#include "dfkd/train/module_state.h"
#include "dfkd/train/pool_budget.h"
#include "dfkd/train/sample_pictures.h"
#include "dfkd/train/stopwatch.h"
#include "dfkd/weights/weights.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

constexpr int64_t kPicturesPerRun = 10;
constexpr int64_t kSampledPictures = 100;

class Stage {
 public:
  explicit Stage(const StageOptions& options) : options_(options), spec_(options.spec) {}

  absl::StatusOr<StageResult> Run() {
    DFKD_RETURN_IF_ERROR(Assemble());
    DFKD_RETURN_IF_ERROR(Resume());
    DFKD_RETURN_IF_ERROR(Rounds());
    return Finish();
  }

 private:
  // --- assembly

  absl::Status Assemble() {
    DFKD_RETURN_IF_ERROR(options_.files->CreateDirectories(options_.dir));
    progress_ = std::make_unique<Progress>(options_.name, 1, "steps");
    AssemblyOptions options;
    options.spec = &spec_;
    options.teacher = options_.teacher;
    options.device = options_.device;
    options.dir = options_.dir;
    options.files = options_.files;
    options.progress = progress_.get();
    DFKD_ASSIGN_OR_RETURN(parts_, Assembly::Create(options));
    DFKD_ASSIGN_OR_RETURN(recorder_, Recorder::Open(options_.dir, options_.files));
    const TeacherCard& card = parts_->card;
    recorder_->SetClassNames({card.class_name().begin(), card.class_name().end()});
    return absl::OkStatus();
  }

  // --- checkpoints

  std::string CheckpointDir() const { return JoinPath(options_.dir, "checkpoint"); }

  State Snapshot() const {
    State state;
    StateWriter writer(&state);
    SaveModule(*parts_->student, writer.Scope("student"));
    parts_->stepper->Save(writer.Scope("stepper"));
    parts_->method->Save(writer.Scope("method"));
    parts_->streams.Save(writer.Scope("streams"));
    parts_->budget.Save(writer.Scope("budget"));
    recorder_->Save(writer.Scope("recorder"));
    parts_->evaluator->Save(writer.Scope("evaluator"));
    if (parts_->pools != nullptr) parts_->pools->Save(writer.Scope("pool"));
    return state;
  }

  absl::Status SaveCheckpoint(int64_t rounds_done) {
    if (parts_->pools != nullptr) DFKD_RETURN_IF_ERROR(parts_->pools->Sync());
    DFKD_RETURN_IF_ERROR(recorder_->Sync());
    return WriteCheckpoint(options_.files, CheckpointDir(), rounds_done, Snapshot());
  }

  absl::Status Resume() {
    if (options_.resume) {
      absl::StatusOr<LoadedCheckpoint> loaded = ReadLastCheckpoint(CheckpointDir());
      if (loaded.ok()) {
        DFKD_RETURN_IF_ERROR(Annotate(Restore(loaded->state), "resuming from " + CheckpointDir()));
        first_round_ = loaded->round;
        return absl::OkStatus();
      }
      if (!absl::IsNotFound(loaded.status())) return loaded.status();
    }
    // The recorder's files begin anew with their first line. The pool is emptied only after the
    // checkpoints that need its images are gone.
    DFKD_RETURN_IF_ERROR(RemoveCheckpoints(options_.files, CheckpointDir()));
    if (parts_->pools != nullptr) DFKD_RETURN_IF_ERROR(parts_->pools->Clear());
    first_round_ = 0;
    return SaveCheckpoint(0);
  }

  absl::Status Restore(const State& state) {
    const StateReader reader(&state);
    DFKD_RETURN_IF_ERROR(LoadModule(reader.Scope("student"), parts_->student.get()));
    DFKD_RETURN_IF_ERROR(parts_->stepper->Load(reader.Scope("stepper")));
    if (parts_->pools != nullptr) {
      DFKD_RETURN_IF_ERROR(parts_->pools->Restore(reader.Scope("pool")));
    }
    DFKD_RETURN_IF_ERROR(recorder_->Restore(reader.Scope("recorder")));
    DFKD_RETURN_IF_ERROR(parts_->evaluator->Load(reader.Scope("evaluator")));
    DFKD_RETURN_IF_ERROR(parts_->budget.Load(reader.Scope("budget")));
    DFKD_RETURN_IF_ERROR(parts_->streams.Load(reader.Scope("streams")));
    return parts_->method->Load(reader.Scope("method"));
  }

  // --- rounds

  absl::Status Rounds() {
    const int64_t rounds = parts_->method->rounds();
    StartProgress(rounds);
    for (int64_t round = first_round_; round < rounds; ++round) {
      DFKD_RETURN_IF_ERROR(Annotate(
          RunRound(round), absl::StrCat(options_.name, ", round ", round + 1, " of ", rounds)));
      DFKD_RETURN_IF_ERROR(EndRound(round, rounds));
      const bool last = round + 1 == rounds;
      const bool stop = StopRequested();
      if (last || stop || (round + 1) % spec_.train().checkpoint_every() == 0) {
        DFKD_RETURN_IF_ERROR(SaveCheckpoint(round + 1));
      }
      if (stop && !last) {
        return StoppedError(absl::StrCat("stopped after round ", round + 1, " of ", rounds,
                                         "; run the same command again to resume"));
      }
    }
    progress_->Finish();
    return absl::OkStatus();
  }

  // LibTorch throws where we return.
  absl::Status RunRound(int64_t round) {
    const int64_t before = progress_->done();
    try {
      return parts_->method->Round(round);
    } catch (const c10::Error& error) {
      return absl::InternalError(absl::StrCat("step ", progress_->done() - before + 1,
                                              ": LibTorch: ", error.what_without_backtrace()));
    }
  }

  void StartProgress(int64_t rounds) {
    int64_t done = 0, total = 0;
    for (int64_t round = 0; round < rounds; ++round) {
      const int64_t steps = parts_->method->StepsIn(round);
      total += steps;
      if (round < first_round_) done += steps;
    }
    progress_->SetTotal(total);
    progress_->Start(done);
  }

  // Metrics, pictures and the best epoch so far. People count epochs from 1, the warm-up included.
  absl::Status EndRound(int64_t round, int64_t rounds) {
    const int64_t epoch = round + 1;
    const int64_t student_epoch =
        epoch - parts_->first_student_round(spec_);  // <= 0 in the warm-up
    const bool last = epoch == rounds;
    MetricsRow row = parts_->means.Take();
    if (student_epoch > 0 && (last || student_epoch % spec_.evaluation().every() == 0)) {
      const Stopwatch stopwatch(&parts_->budget, "evaluation");
      const std::optional<MemorySplit> fresh = FreshImages();
      DFKD_RETURN_IF_ERROR(parts_->evaluator->Evaluate(epoch, *parts_->student, &row,
                                                       fresh.has_value() ? &*fresh : nullptr));
      progress_->SetStatus(parts_->evaluator->StatusLine());
    }
    row["learning_rate"] = parts_->stepper->learning_rate();
    parts_->budget.AddTo(&row);
    if (const std::optional<PoolContent> kept = Kept()) kept->AddTo(&row);
    DFKD_RETURN_IF_ERROR(recorder_->WriteRow(epoch, row));
    const int64_t every = std::max<int64_t>(1, rounds / kPicturesPerRun);
    if (last || epoch % every == 0) DFKD_RETURN_IF_ERROR(WritePictures(epoch));
    return absl::OkStatus();
  }

  // Counted anew each time, so that a resumed run gives the same.
  std::optional<PoolContent> Kept() const {
    if (parts_->pools == nullptr) return std::nullopt;
    return ContentOf(*parts_->pools, parts_->card,
                     OriginalImages(spec_.train().pool(), parts_->data.get()));
  }

  // What an online method makes now, for a run that has nothing else to measure its student on.
  std::optional<MemorySplit> FreshImages() {
    if (parts_->data != nullptr || parts_->pools != nullptr || options_.teacher == nullptr) {
      return std::nullopt;
    }
    const Method::Samples samples = parts_->method->Sample(kFreshImages);
    if (!samples.images.defined()) return std::nullopt;
    return MemorySplit(samples.images.cpu(), samples.labels.cpu());
  }

  // Of each pool, or of what a method without one makes now.
  absl::Status WritePictures(int64_t epoch) {
    const std::string name = absl::StrFormat("epoch-%05d", epoch);
    if (parts_->pools == nullptr) {
      return WriteSamples(epoch, name, parts_->method->Sample(kSampledPictures));
    }
    for (size_t i = 0; i < parts_->pools->count(); ++i) {
      const Pool& pool = parts_->pools->pool(i);
      const std::string size =
          parts_->pools->count() == 1 ? "" : absl::StrCat("-", pool.options().height, "px");
      DFKD_RETURN_IF_ERROR(
          WriteSamples(epoch, name + size, NewestPerClass(pool, parts_->card.class_name_size())));
    }
    return absl::OkStatus();
  }

  absl::Status WriteSamples(int64_t epoch, const std::string& name,
                            const Method::Samples& samples) {
    if (!samples.images.defined()) return absl::OkStatus();
    return recorder_->WriteSamples(epoch, name, samples.images.cpu(), samples.labels);
  }

  // --- end

  absl::StatusOr<StageResult> Finish() {
    StageResult result;
    result.weights = JoinPath(options_.dir, "last.safetensors");
    DFKD_RETURN_IF_ERROR(WriteSafetensors(options_.files, result.weights,
                                          parts_->student->NamedState(),
                                          Metadata(parts_->evaluator->last_test_accuracy())));
    if (parts_->evaluator->has_best()) {
      DFKD_RETURN_IF_ERROR(WriteSafetensors(
          options_.files, JoinPath(options_.dir, "best.safetensors"),
          parts_->evaluator->best_weights(), Metadata(parts_->evaluator->best_test_accuracy())));
    }
    result.summary = parts_->evaluator->Summary();
    result.summary.budget = parts_->budget;
    result.summary.pool = Kept();
    return result;
  }

  // Of a weight file: the card, with the accuracy of just these weights.
  std::map<std::string, std::string> Metadata(std::optional<double> test_accuracy) const {
    TeacherCard card = parts_->card;
    card.clear_accuracy();
    if (test_accuracy.has_value()) card.set_accuracy(*test_accuracy);
    return {{kCardMetadataKey, CardToText(card)}};
  }

  const StageOptions& options_;
  const Experiment& spec_;
  std::unique_ptr<Progress> progress_;
  std::unique_ptr<Assembly> parts_;
  std::unique_ptr<Recorder> recorder_;
  int64_t first_round_ = 0;
};

}  // namespace

absl::StatusOr<StageResult> RunStage(const StageOptions& options) { return Stage(options).Run(); }

}  // namespace dfkd
