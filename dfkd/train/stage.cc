#include "dfkd/train/stage.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "c10/util/Exception.h"
#include "dfkd/core/checkpoint.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/core/stop.h"
#include "dfkd/data/dataset.h"
#include "dfkd/methods/method.h"
#include "dfkd/models/model_factory.h"
#include "dfkd/pool/pool.h"
#include "dfkd/report/budget.h"
#include "dfkd/report/progress.h"
#include "dfkd/report/recorder.h"
#include "dfkd/train/check.h"
#include "dfkd/train/evaluator.h"
#include "dfkd/train/module_state.h"
#include "dfkd/train/precision.h"
#include "dfkd/train/sample_pictures.h"
#include "dfkd/train/stopwatch.h"
#include "dfkd/train/student_stepper.h"
#include "dfkd/weights/weights.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

constexpr int64_t kPicturesPerRun = 10;
constexpr int64_t kSampledPictures = 100;

class Stage {
 public:
  explicit Stage(const StageOptions& options)
      : options_(options), spec_(options.spec), streams_(spec_.train().seed()) {}

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
    DFKD_RETURN_IF_ERROR(OpenData());
    DFKD_RETURN_IF_ERROR(MakeStudent());
    DFKD_ASSIGN_OR_RETURN(recorder_, Recorder::Open(options_.dir, options_.files));
    recorder_->SetClassNames({card_.class_name().begin(), card_.class_name().end()});
    progress_ = std::make_unique<Progress>(options_.name, 1, "steps");
    DFKD_RETURN_IF_ERROR(MakeStepper());
    DFKD_RETURN_IF_ERROR(OpenPool());
    evaluator_ = std::make_unique<Evaluator>(
        EvaluatorContext{&spec_.evaluation(), &card_, options_.teacher, data_.get(), pool_.get()});
    DFKD_RETURN_IF_ERROR(evaluator_->CheckSelection());
    return MakeMethod();
  }

  absl::Status OpenData() {
    TeacherCard declared;
    if (spec_.has_data()) {
      DatasetContext context;
      if (options_.teacher != nullptr) {
        context.height = options_.teacher->card().height();
        context.width = options_.teacher->card().width();
      }
      DFKD_ASSIGN_OR_RETURN(
          data_, Registry<Dataset>::Get().Create(spec_.data().source(), context, "data.source"));
      declared = data_->card();
    }
    if (options_.teacher != nullptr) {
      card_ = options_.teacher->card();
      if (data_ != nullptr) {
        return MergeCards({{"the teacher", &card_}, {"the data set", &declared}}).status();
      }
      return absl::OkStatus();
    }
    DFKD_ASSIGN_OR_RETURN(card_, MergeCards({{"teacher.card", &spec_.teacher().card()},
                                             {"the data set", data_ ? &declared : nullptr}}));
    return absl::OkStatus();
  }

  absl::Status MakeStudent() {
    ModelContext context;
    context.num_classes = card_.class_name_size();
    context.channels = card_.channels();
    context.height = card_.height();
    context.width = card_.width();
    context.init = &streams_.Get("student_init");
    DFKD_ASSIGN_OR_RETURN(student_, CreateModel(spec_.student().model(), context, "student.model"));
    if (!spec_.student().model().weights().empty()) {
      DFKD_ASSIGN_OR_RETURN(WeightFile file, ReadWeights(spec_.student().model().weights()));
      DFKD_RETURN_IF_ERROR(LoadInto(file, student_.get(), spec_.student().model().weights()));
    }
    student_->ToChannelsLast();
    DFKD_ASSIGN_OR_RETURN(normalizer_,
                          Normalizer::Create(card_.normalization(), card_.channels(), at::kCPU));
    return absl::OkStatus();
  }

  absl::Status MakeStepper() {
    StudentStepperContext context;
    context.student = student_.get();
    context.teacher = options_.teacher;
    context.normalizer = &*normalizer_;
    context.streams = &streams_;
    context.means = &means_;
    context.budget = &budget_;
    context.num_classes = card_.class_name_size();
    context.epochs = spec_.train().epochs();
    context.precision = ChoosePrecision(spec_.train().precision());
    DFKD_ASSIGN_OR_RETURN(stepper_, StudentStepper::Create(spec_.student(), context));
    return absl::OkStatus();
  }

  absl::Status OpenPool() {
    DFKD_ASSIGN_OR_RETURN(Contract contract,
                          Registry<Method>::Get().GetContract(spec_.method(), "method"));
    if (!contract.provides.Has(Capability::kPool)) return absl::OkStatus();
    PoolOptions pool;
    pool.channels = card_.channels();
    pool.height = card_.height();
    pool.width = card_.width();
    pool.max_images =
        PoolLimitInImages(spec_.train().pool(), card_.channels(), card_.height(), card_.width());
    DFKD_ASSIGN_OR_RETURN(pool_, Pool::Open(JoinPath(options_.dir, "pool"), pool, options_.files));
    return absl::OkStatus();
  }

  absl::Status MakeMethod() {
    MethodServices services;
    services.card = &card_;
    services.teacher = options_.teacher;
    services.student = student_.get();
    services.stepper = stepper_.get();
    services.data = data_.get();
    services.pool = pool_.get();
    services.hold_out = evaluator_->holds_out();
    services.streams = &streams_;
    services.means = &means_;
    services.budget = &budget_;
    services.progress = progress_.get();
    services.epochs = spec_.train().epochs();
    services.precision = ChoosePrecision(spec_.train().precision());
    DFKD_ASSIGN_OR_RETURN(method_,
                          Registry<Method>::Get().Create(spec_.method(), services, "method"));
    return absl::OkStatus();
  }

  // --- checkpoints

  std::string CheckpointDir() const { return JoinPath(options_.dir, "checkpoint"); }

  State Snapshot() const {
    State state;
    StateWriter writer(&state);
    SaveModule(*student_, writer.Scope("student"));
    stepper_->Save(writer.Scope("stepper"));
    method_->Save(writer.Scope("method"));
    streams_.Save(writer.Scope("streams"));
    budget_.Save(writer.Scope("budget"));
    recorder_->Save(writer.Scope("recorder"));
    evaluator_->Save(writer.Scope("evaluator"));
    if (pool_ != nullptr) pool_->Save(writer.Scope("pool"));
    return state;
  }

  absl::Status SaveCheckpoint(int64_t rounds_done) {
    if (pool_ != nullptr) DFKD_RETURN_IF_ERROR(pool_->Sync());
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
    if (pool_ != nullptr) DFKD_RETURN_IF_ERROR(pool_->Clear());
    first_round_ = 0;
    return SaveCheckpoint(0);
  }

  absl::Status Restore(const State& state) {
    const StateReader reader(&state);
    DFKD_RETURN_IF_ERROR(LoadModule(reader.Scope("student"), student_.get()));
    DFKD_RETURN_IF_ERROR(stepper_->Load(reader.Scope("stepper")));
    if (pool_ != nullptr) DFKD_RETURN_IF_ERROR(pool_->Restore(reader.Scope("pool")));
    DFKD_RETURN_IF_ERROR(recorder_->Restore(reader.Scope("recorder")));
    DFKD_RETURN_IF_ERROR(evaluator_->Load(reader.Scope("evaluator")));
    DFKD_RETURN_IF_ERROR(budget_.Load(reader.Scope("budget")));
    DFKD_RETURN_IF_ERROR(streams_.Load(reader.Scope("streams")));
    return method_->Load(reader.Scope("method"));
  }

  // --- rounds

  absl::Status Rounds() {
    const int64_t rounds = method_->rounds();
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
    try {
      return method_->Round(round);
    } catch (const c10::Error& error) {
      return absl::InternalError(absl::StrCat("LibTorch: ", error.what_without_backtrace()));
    }
  }

  void StartProgress(int64_t rounds) {
    int64_t done = 0, total = 0;
    for (int64_t round = 0; round < rounds; ++round) {
      const int64_t steps = method_->StepsIn(round);
      total += steps;
      if (round < first_round_) done += steps;
    }
    progress_->SetTotal(total);
    progress_->Start(done);
  }

  // Metrics, pictures and the best epoch so far. People count epochs from 1, the warm-up included.
  absl::Status EndRound(int64_t round, int64_t rounds) {
    const int64_t epoch = round + 1;
    const int64_t student_epoch = epoch - (rounds - spec_.train().epochs());  // <= 0 in the warm-up
    const bool last = epoch == rounds;
    MetricsRow row = means_.Take();
    if (student_epoch > 0 && (last || student_epoch % spec_.evaluation().every() == 0)) {
      const Stopwatch stopwatch(&budget_, "evaluation");
      DFKD_RETURN_IF_ERROR(evaluator_->Evaluate(epoch, *student_, &row));
      progress_->SetStatus(evaluator_->StatusLine());
    }
    row["learning_rate"] = stepper_->learning_rate();
    budget_.AddTo(&row);
    DFKD_RETURN_IF_ERROR(recorder_->WriteRow(epoch, row));
    const int64_t every = std::max<int64_t>(1, rounds / kPicturesPerRun);
    if (last || epoch % every == 0) DFKD_RETURN_IF_ERROR(WritePictures(epoch));
    return absl::OkStatus();
  }

  absl::Status WritePictures(int64_t epoch) {
    const Method::Samples samples = pool_ != nullptr
                                        ? NewestPerClass(*pool_, card_.class_name_size())
                                        : method_->Sample(kSampledPictures);
    if (!samples.images.defined()) return absl::OkStatus();
    return recorder_->WriteSamples(epoch, absl::StrFormat("epoch-%05d", epoch), samples.images,
                                   samples.labels);
  }

  // --- end

  absl::StatusOr<StageResult> Finish() {
    StageResult result;
    result.weights = JoinPath(options_.dir, "last.safetensors");
    DFKD_RETURN_IF_ERROR(WriteSafetensors(options_.files, result.weights, student_->NamedState(),
                                          Metadata(evaluator_->last_test_top1())));
    if (evaluator_->has_best()) {
      DFKD_RETURN_IF_ERROR(
          WriteSafetensors(options_.files, JoinPath(options_.dir, "best.safetensors"),
                           evaluator_->best_weights(), Metadata(evaluator_->best_test_top1())));
    }
    result.summary = evaluator_->Summary();
    result.summary.budget = budget_;
    return result;
  }

  // Of a weight file: the card, with the accuracy of just these weights.
  std::map<std::string, std::string> Metadata(std::optional<double> test_top1) const {
    TeacherCard card = card_;
    card.clear_accuracy();
    if (test_top1.has_value()) card.set_accuracy(*test_top1);
    return {{kCardMetadataKey, CardToText(card)}};
  }

  const StageOptions& options_;
  const Experiment& spec_;
  RandomStreams streams_;
  RoundMeans means_;
  Budget budget_;
  TeacherCard card_;
  std::unique_ptr<Dataset> data_;
  std::unique_ptr<Model> student_;
  std::optional<Normalizer> normalizer_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<Progress> progress_;
  std::unique_ptr<StudentStepper> stepper_;
  std::unique_ptr<Pool> pool_;
  std::unique_ptr<Method> method_;
  std::unique_ptr<Evaluator> evaluator_;
  int64_t first_round_ = 0;
};

}  // namespace

absl::StatusOr<StageResult> RunStage(const StageOptions& options) { return Stage(options).Run(); }

}  // namespace dfkd
