// Step decay. After t steps:
//
//   rate = base * gamma^floor(t / step_size)                      (torch.optim.lr_scheduler.StepLR)
//   rate = base * gamma^(number of milestones m with m <= t)      (MultiStepLR)
//
//   schedule { [type.googleapis.com/dfkd.StepConfig] { milestones: [100, 200] gamma: 0.1 } }
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>

#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/schedules/schedule.h"
#include "dfkd/schedules/step.pb.h"

namespace dfkd {
namespace {

class Step : public Schedule {
 public:
  using Config = StepConfig;

  static absl::Status Validate(const Config& config) {
    if (config.has_step_size() == (config.milestones_size() > 0)) {
      return ConfigError(config.has_step_size()
                             ? "step_size and milestones are both set; set one"
                             : "neither step_size nor milestones is set; set one");
    }
    if (!std::is_sorted(config.milestones().begin(), config.milestones().end())) {
      return ConfigError("milestones are not in rising order");
    }
    return absl::OkStatus();
  }

  static absl::StatusOr<std::unique_ptr<Schedule>> Create(const Config& config,
                                                          const ScheduleContext&) {
    return std::make_unique<Step>(config);
  }

  explicit Step(const Config& config) : config_(config) {}

  double LearningRate(double base, int64_t steps) const override {
    return base * std::pow(config_.gamma(), static_cast<double>(Drops(steps)));
  }

 private:
  int64_t Drops(int64_t steps) const {
    if (config_.has_step_size()) return steps / config_.step_size();
    const auto& milestones = config_.milestones();
    return std::upper_bound(milestones.begin(), milestones.end(), steps) - milestones.begin();
  }

  const Config config_;
};

DFKD_REGISTER_PLUGIN(Schedule, Step);

}  // namespace
}  // namespace dfkd
