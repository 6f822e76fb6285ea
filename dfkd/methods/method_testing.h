// What a method needs around it, for tests: a teacher, a student, streams and counters, without
// files of data.
#ifndef DFKD_METHODS_METHOD_TESTING_H_
#define DFKD_METHODS_METHOD_TESTING_H_

#include <memory>
#include <string>

#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/core/state.h"
#include "dfkd/data/dataset.h"
#include "dfkd/methods/method.h"
#include "dfkd/models/model.h"
#include "dfkd/pool/pool_set.h"
#include "dfkd/report/budget.h"
#include "dfkd/report/progress.h"
#include "dfkd/report/recorder.h"
#include "dfkd/train/student_stepper.h"
#include "dfkd/train/teacher.h"

namespace dfkd {

class MethodHarness {
 public:
  // Teacher and student are models of `experiment` with weights of deterministic_weights.h; images
  // are height x width with three channels, mean and deviation 0.5, and `classes` classes. A
  // teacher is made where the experiment names one.
  MethodHarness(Experiment experiment, int64_t classes, int64_t height, int64_t width,
                std::unique_ptr<Dataset> data = nullptr);

  absl::StatusOr<std::unique_ptr<Method>> Create();

  Model& student() { return *student_; }
  Teacher& teacher() { return *teacher_; }
  Pool& pool(size_t i = 0) { return pools_->pool(i); }
  RandomStreams& streams() { return streams_; }
  RoundMeans& means() { return means_; }
  Budget& budget() { return budget_; }
  // May be changed before Create.
  MethodServices& services() { return services_; }

 private:
  Experiment experiment_;
  TeacherCard card_;
  RandomStreams streams_{0};
  RoundMeans means_;
  Budget budget_;
  Progress progress_;
  std::unique_ptr<Dataset> data_;
  std::unique_ptr<Model> student_;
  std::unique_ptr<Teacher> teacher_;
  std::unique_ptr<Normalizer> normalizer_;
  std::unique_ptr<StudentStepper> stepper_;
  std::unique_ptr<PoolSet> pools_;
  MethodServices services_;
};

// What `method` would put into a checkpoint.
State StateOf(const Method& method);
// Every floating-point tensor of the method's generator gets the values that goldens begin with.
void FillGenerator(Method& method);

// Dies where `text` is no Experiment.
Experiment ParseExperiment(const std::string& text);

}  // namespace dfkd

#endif  // DFKD_METHODS_METHOD_TESTING_H_
