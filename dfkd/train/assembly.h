// What a method works with, made from a spec: data, student, its stepper, pools, evaluator, method.
#ifndef DFKD_TRAIN_ASSEMBLY_H_
#define DFKD_TRAIN_ASSEMBLY_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "dfkd/augmentations/normalizer.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/files.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/data/dataset.h"
#include "dfkd/methods/method.h"
#include "dfkd/models/model.h"
#include "dfkd/pool/pool_set.h"
#include "dfkd/report/budget.h"
#include "dfkd/report/progress.h"
#include "dfkd/report/recorder.h"
#include "dfkd/train/evaluator.h"
#include "dfkd/train/patch_positions.h"
#include "dfkd/train/student_stepper.h"
#include "dfkd/train/teacher.h"

namespace dfkd {

struct AssemblyOptions {
  const Experiment* spec = nullptr;  // resolved and checked
  const Teacher* teacher = nullptr;  // null for supervised training
  at::Device device = at::kCPU;      // the teacher's, and where all else goes
  std::string dir;                   // of the stage: the pools lie in it
  FileSystem* files = nullptr;
  Progress* progress = nullptr;
  // Where given, may replace what the method is lent.
  std::function<void(MethodServices*)> adjust_services;
};

// Options outlive it, but for `adjust_services`.
struct Assembly {
  explicit Assembly(uint64_t seed) : streams(seed) {}

  static absl::StatusOr<std::unique_ptr<Assembly>> Create(const AssemblyOptions& options);

  // The round in which the student first learns.
  int64_t first_student_round(const Experiment& spec) const {
    return method->rounds() - spec.train().epochs();
  }

  RandomStreams streams;
  RoundMeans means;
  Budget budget;
  TeacherCard card;
  std::unique_ptr<Dataset> data;  // may be null
  std::unique_ptr<Model> student;
  std::optional<Normalizer> normalizer;
  std::unique_ptr<PatchPositions> patch_positions;  // null without train.patch_sampler
  std::unique_ptr<StudentStepper> stepper;
  std::unique_ptr<PoolSet> pools;  // null where the method keeps none
  std::unique_ptr<Evaluator> evaluator;
  std::unique_ptr<Method> method;
};

}  // namespace dfkd

#endif  // DFKD_TRAIN_ASSEMBLY_H_
