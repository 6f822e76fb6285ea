// An algorithm: it owns the loop inside a round, and nothing around it. Plugins of category
// "method".
//
// The runner (train/stage.h) counts rounds, evaluates, records, checkpoints between rounds and
// stops. A method draws on the services below; it must put everything that one round hands to the
// next into Save, so that a run that is killed and resumed ends in the same bytes.
#ifndef DFKD_METHODS_METHOD_H_
#define DFKD_METHODS_METHOD_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dfkd/core/contract.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/core/state.h"
#include "dfkd/models/model.h"

namespace dfkd {

struct Budget;
class Dataset;
class PatchPositions;
class PoolSet;
class Progress;
class RoundMeans;
class StudentStepper;
class Teacher;

// What a run lends to its method. All pointers outlive the method.
struct MethodServices {
  const TeacherCard* card = nullptr;  // classes, normalisation, size, channels
  const Teacher* teacher = nullptr;   // null where the experiment has none (supervised training)
  Model* student = nullptr;
  StudentStepper* stepper = nullptr;  // the student's update rule
  const Dataset* data = nullptr;      // null in a run without data
  // One pool for each of the outline's; null unless the contract provides kPool.
  PoolSet* pools = nullptr;
  bool hold_out = false;  // part of the pools is kept for evaluation (train/pool_views.h)
  // Places of images that are smaller than a vision transformer's grid; null: they lie in its
  // middle.
  const PatchPositions* patch_positions = nullptr;
  RandomStreams* streams = nullptr;
  RoundMeans* means = nullptr;  // per-round means of losses, for metrics.csv
  Budget* budget = nullptr;     // images, pixels, teacher passes
  Progress* progress = nullptr;
  int64_t epochs = 0;  // in which the student learns
  // Of teacher and student. Streams draw on the CPU; a method moves there what it makes: modules
  // (Module::To), latent vectors, labels.
  at::Device device = at::kCPU;
  TrainSpec::Precision precision = TrainSpec::FP32;  // of forward passes; never AUTO

  // Where given, asked in place of the signals: whoever runs a round may end it early.
  std::function<absl::Status()> check_stop;

  // StoppedError once SIGINT or SIGTERM came; a method returns it between steps.
  absl::Status CheckStop() const;
};

struct ImageSize {
  int64_t height = 0;
  int64_t width = 0;
};

// Images of one size that a method synthesises, and how the student learns from them.
struct PoolOutline {
  ImageSize size;
  int64_t images = 0;         // in all
  int64_t student_batch = 0;  // of them in a student's step; 0: student.batch_size
};

// What a run of an experiment will do, as far as its spec tells; 0 where it does not.
struct MethodOutline {
  int64_t images = 0;            // synthesised
  int64_t teacher_forwards = 0;  // images through the teacher
  int64_t student_steps = 0;
  int64_t largest_batch = 0;  // images that go through the networks at once
  // One for each size of the images that it synthesises; empty: all are of the teacher's size.
  std::vector<PoolOutline> pools;
  // A step of the student takes a batch of each pool in turn, not of all of them at once.
  bool pools_in_turn = false;
};

class Method {
 public:
  static constexpr char kCategory[] = "method";
  using Context = MethodServices;
  using Outline = MethodOutline;

  virtual ~Method() = default;

  // Rounds in all. The student learns in the last `epochs` of them, one epoch a round; those before
  // are the method's warm-up.
  virtual int64_t rounds() const = 0;
  // Steps that Round will report to the progress bar.
  virtual int64_t StepsIn(int64_t round) const = 0;
  virtual absl::Status Round(int64_t round) = 0;

  // `count` images [count, C, H, W] in [0, 1] with labels [count] (-1: unknown) as the method makes
  // them now, for pictures. Must not draw from the run's streams. Undefined tensors: it makes none.
  struct Samples {
    at::Tensor images;
    at::Tensor labels;
  };
  virtual Samples Sample(int64_t /*count*/) { return {}; }

  // New images [N, C, H, W] in [0, 1] that show the classes `labels` [N], as the method makes them
  // in its present state, each by a draw of its own as far as the method draws anew; all that is
  // drawn comes from `random`. For `dfkd sample`, on a method that takes no further rounds.
  // Undefined: it has nothing to make them with.
  virtual absl::StatusOr<at::Tensor> SampleClasses(const at::Tensor& /*labels*/,
                                                   RandomStream& /*random*/) {
    return at::Tensor();
  }

  virtual void Save(StateWriter) const {}
  virtual absl::Status Load(const StateReader&) { return absl::OkStatus(); }
};

}  // namespace dfkd

#endif  // DFKD_METHODS_METHOD_H_
