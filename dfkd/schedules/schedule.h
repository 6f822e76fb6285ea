// Learning rates over epochs. Plugins of category "schedule"; values equal
// torch.optim.lr_scheduler's class of the same name.
#ifndef DFKD_SCHEDULES_SCHEDULE_H_
#define DFKD_SCHEDULES_SCHEDULE_H_

#include <cstdint>

namespace dfkd {

struct ScheduleContext {
  int64_t epochs = 0;  // in which the student learns
};

class Schedule {
 public:
  static constexpr char kCategory[] = "schedule";
  using Context = ScheduleContext;

  virtual ~Schedule() = default;
  // The rate for the epoch after `steps` calls of the scheduler; steps = 0 is the first epoch.
  virtual double LearningRate(double base, int64_t steps) const = 0;
};

}  // namespace dfkd

#endif  // DFKD_SCHEDULES_SCHEDULE_H_
