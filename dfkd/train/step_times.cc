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
  student_stepped_ = false;
}

void StepTimes::Advance(int64_t steps) {
  if (steps <= 0) return;
  const absl::Time now = now_();
  const double each = absl::ToDoubleSeconds(now - last_) / static_cast<double>(steps);
  std::vector<double>& kind = student_stepped_ ? student_ : own_;
  kind.insert(kind.end(), static_cast<size_t>(steps), each);
  last_ = now;
  student_stepped_ = false;
}

absl::Status StepTimes::CheckStop() const {
  if (static_cast<int64_t>(student_.size() + own_.size()) < enough_) return absl::OkStatus();
  return absl::CancelledError("enough steps were seen");
}

int64_t StepTimes::StudentShare(int64_t steps) const {
  const auto seen = static_cast<int64_t>(student_.size() + own_.size());
  if (seen == 0) return 0;
  return steps * static_cast<int64_t>(student_.size()) / seen;
}

}  // namespace dfkd
