// How long the steps of a round take, seen from outside of the method.
#ifndef DFKD_TRAIN_STEP_TIMES_H_
#define DFKD_TRAIN_STEP_TIMES_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace dfkd {

// The first steps of each kind allocate and choose kernels; they do not count.
inline constexpr int64_t kWarmSteps = 2;

// The median of all but the first kWarmSteps; of all where there are no more than those. 0 for
// none.
double SecondsPerStep(const std::vector<double>& seconds);

// Steps of one kind in a whole run, and how long one takes.
struct StepCost {
  int64_t steps = 0;
  double seconds = 0;  // of one

  double total() const { return static_cast<double>(steps) * seconds; }
};

// Notes each step that a round reports, and ends the round once it has seen enough of them.
class StepTimes {
 public:
  StepTimes(int64_t enough, std::function<absl::Time()> now) : enough_(enough), now_(now) {}

  // A round begins.
  void Begin();
  // The student's weights were updated in the step in progress.
  void StudentStepped() { student_stepped_ = true; }
  // `steps` steps ended.
  void Advance(int64_t steps);
  // Cancelled once `enough` steps were seen: for MethodServices::check_stop.
  absl::Status CheckStop() const;

  // Seconds of each step in which the student learned, and of each other.
  const std::vector<double>& student() const { return student_; }
  const std::vector<double>& own() const { return own_; }
  // Of `steps` steps like those seen, how many are the student's.
  int64_t StudentShare(int64_t steps) const;

 private:
  const int64_t enough_;
  const std::function<absl::Time()> now_;
  absl::Time last_;
  bool student_stepped_ = false;
  std::vector<double> student_, own_;
};

}  // namespace dfkd

#endif  // DFKD_TRAIN_STEP_TIMES_H_
