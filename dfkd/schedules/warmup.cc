// A linear ramp before another schedule. With W = epochs and a = start_factor, after t steps:
//
//   rate = base * (a + (1 - a) * t / W)     for t < W
//   rate = after(base, t - W)               from then on; `after` is given the epochs that are left
//
// Equal to torch.optim.lr_scheduler.SequentialLR([LinearLR(a, 1, W), after], milestones = [W]).
//
//   schedule { [type.googleapis.com/dfkd.WarmupConfig] {
//     epochs: 10 after { [type.googleapis.com/dfkd.CosineConfig] {} } } }
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/schedules/schedule.h"
#include "dfkd/schedules/warmup.pb.h"

namespace dfkd {
namespace {

class Warmup : public Schedule {
 public:
  using Config = WarmupConfig;

  static absl::StatusOr<std::unique_ptr<Schedule>> Create(const Config& config,
                                                          const ScheduleContext& context) {
    if (config.epochs() >= context.epochs) {
      return ConfigError(absl::StrCat(
          "WarmupConfig.epochs is ", config.epochs(),
          "; must be less than the epochs in which the student learns (", context.epochs, ")"));
    }
    std::unique_ptr<Schedule> after;
    if (config.has_after()) {
      DFKD_ASSIGN_OR_RETURN(
          after, Registry<Schedule>::Get().Create(
                     config.after(), {context.epochs - config.epochs()}, "warmup.after"));
    }
    return std::make_unique<Warmup>(config.epochs(), config.start_factor(), std::move(after));
  }

  Warmup(int64_t epochs, double start_factor, std::unique_ptr<Schedule> after)
      : epochs_(epochs), start_factor_(start_factor), after_(std::move(after)) {}

  double LearningRate(double base, int64_t steps) const override {
    if (steps < epochs_) {
      const double progress = static_cast<double>(steps) / static_cast<double>(epochs_);
      return base * (start_factor_ + (1 - start_factor_) * progress);
    }
    return after_ == nullptr ? base : after_->LearningRate(base, steps - epochs_);
  }

 private:
  const int64_t epochs_;
  const double start_factor_;
  const std::unique_ptr<Schedule> after_;
};

DFKD_REGISTER_PLUGIN(Schedule, Warmup);

}  // namespace
}  // namespace dfkd
