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
  // `awaits_own`: the round has steps of the method's own, which may come after many of the
  // student's. It is not ended before kWarmSteps of them and one more were seen.
  StepTimes(int64_t enough, bool awaits_own, std::function<absl::Time()> now)
      : enough_(enough), awaits_own_(awaits_own), now_(now) {}

  // A round begins.
  void Begin();
  // The step in progress is the student's turn. False: enough of its steps were timed, this one
  // need not be taken.
  bool BeginStudentStep();
  // `steps` steps ended.
  void Advance(int64_t steps);
  // Cancelled once `enough` steps were seen: for MethodServices::check_stop.
  absl::Status CheckStop() const;

  // Seconds of each step that the student took, and of each other.
  const std::vector<double>& student() const { return student_; }
  const std::vector<double>& own() const { return own_; }
  // Of `steps` steps like those seen, how many are the student's.
  int64_t StudentShare(int64_t steps) const;

 private:
  int64_t seen() const { return student_seen_ + static_cast<int64_t>(own_.size()); }

  const int64_t enough_;
  const bool awaits_own_;
  const std::function<absl::Time()> now_;
  absl::Time last_;
  enum class Kind { kOwn, kStudent, kSkipped } kind_ = Kind::kOwn;  // of the step in progress
  int64_t student_seen_ = 0;                                        // skipped ones included
  std::vector<double> student_, own_;
};

}  // namespace dfkd

#endif  // DFKD_TRAIN_STEP_TIMES_H_
