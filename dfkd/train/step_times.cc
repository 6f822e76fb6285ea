#include "dfkd/train/step_times.h"

#include <algorithm>

namespace dfkd {

double SecondsPerStep(const std::vector<double>& seconds) {
  if (seconds.empty()) return 0;
  const auto warm = static_cast<ptrdiff_t>(kWarmSteps);
  const bool enough = static_cast<int64_t>(seconds.size()) > kWarmSteps;
  std::vector<double> sorted(enough ? seconds.begin() + warm : seconds.begin(), seconds.end());
  std::sort(sorted.begin(), sorted.end());
  const size_t middle = sorted.size() / 2;
  if (sorted.size() % 2 == 1) return sorted[middle];
  return (sorted[middle - 1] + sorted[middle]) / 2;
}

void StepTimes::Begin() {
  last_ = now_();
  kind_ = Kind::kOwn;
}

bool StepTimes::BeginStudentStep() {
  const bool enough = static_cast<int64_t>(student_.size()) >= enough_;
  kind_ = enough ? Kind::kSkipped : Kind::kStudent;
  return !enough;
}

void StepTimes::Advance(int64_t steps) {
  if (steps <= 0) return;
  const absl::Time now = now_();
  const double each = absl::ToDoubleSeconds(now - last_) / static_cast<double>(steps);
  if (kind_ != Kind::kOwn) student_seen_ += steps;
  if (kind_ != Kind::kSkipped) {
    std::vector<double>& seconds = kind_ == Kind::kStudent ? student_ : own_;
    seconds.insert(seconds.end(), static_cast<size_t>(steps), each);
  }
  last_ = now;
  kind_ = Kind::kOwn;
}

absl::Status StepTimes::CheckStop() const {
  if (seen() < enough_) return absl::OkStatus();
  if (awaits_own_ && static_cast<int64_t>(own_.size()) <= kWarmSteps) return absl::OkStatus();
  return absl::CancelledError("enough steps were seen");
}

int64_t StepTimes::StudentShare(int64_t steps) const {
  return seen() == 0 ? 0 : steps * student_seen_ / seen();
}

}  // namespace dfkd
