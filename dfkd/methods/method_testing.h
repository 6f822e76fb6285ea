// What a method needs around it, for tests: a teacher, a student, streams and counters, without
// files of data.
#ifndef DFKD_METHODS_METHOD_TESTING_H_
#define DFKD_METHODS_METHOD_TESTING_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
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

class Golden;

class MethodHarness {
 public:
  // Teacher and student are models of `experiment` with weights of deterministic_weights.h, for
  // three classes and images of 3 x 8 x 8, whose mean and deviation are 0.5. A teacher is made
  // where the experiment names one.
  explicit MethodHarness(Experiment experiment, std::unique_ptr<Dataset> data = nullptr);

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

// Makes the student differ from the teacher, as goldens begin: two equal networks do not compete.
void MoveStudent(MethodHarness& harness);
// Expects the student's weights and statistics to be the golden's "student.NAME".
void ExpectStudentNear(MethodHarness& harness, const Golden& golden, double tolerance);

// Expects a Watchable method to be as before once a batch of 6 was watched over three steps, behind
// a round of one batch.
void ExpectAWatchedBatchLeavesNoTrace(const Experiment& experiment);

// All images of a pool, uint8 [N, 3, H, W].
at::Tensor PoolImages(MethodHarness& harness, size_t pool = 0);

// Dies where `text` is no Experiment.
Experiment ParseExperiment(const std::string& text);

// Four epochs of a WRN-10 of width 4 that learns in batches of 6 from another. `student` are its
// further fields, `fields` those of the config `method`, and `changes` are laid over these.
Experiment TinyExperiment(absl::string_view student, absl::string_view method,
                          absl::string_view fields, absl::string_view changes = "");

// What NayerConfig and MuseConfig have in common.
inline constexpr char kTinySynthesis[] = R"(
  encoder { config { [type.googleapis.com/dfkd.OneHotConfig] {} } }
  generator { [type.googleapis.com/dfkd.ConvGeneratorConfig] { channels: 8 } }
  optimizer { [type.googleapis.com/dfkd.AdamConfig] { learning_rate: 4e-3 beta1: 0.5 } }
  label_sampler { [type.googleapis.com/dfkd.BalancedConfig] {} }
  losses { weight: 0.5 config { [type.googleapis.com/dfkd.CrossEntropyConfig] {} } }
  losses { weight: 10 config { [type.googleapis.com/dfkd.BnStatConfig] { momentum: 0.9 } } }
  losses { weight: 1.33 config { [type.googleapis.com/dfkd.AdversarialKlConfig] {} } }
  generator_steps: 2
)";

}  // namespace dfkd

#endif  // DFKD_METHODS_METHOD_TESTING_H_
