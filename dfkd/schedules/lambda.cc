// The optimiser's rate times a function of the epoch, torch.optim.lr_scheduler.LambdaLR. After t
// steps:
//
//   LINEAR   rate = base * (1 - t / T)                  for t <= T, then 0
//   COSINE   rate = base * (1 + cos(pi * t / T)) / 2    for t <= T, then 0
//
// These are the two functions that SRe2L's validation hands to LambdaLR.
//
//   schedule { [type.googleapis.com/dfkd.LambdaConfig] { form: COSINE } }
#include <cmath>
#include <cstdint>
#include <memory>
#include <numbers>

#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/schedules/lambda.pb.h"
#include "dfkd/schedules/schedule.h"

namespace dfkd {
namespace {

class Lambda : public Schedule {
 public:
  using Config = LambdaConfig;

  static absl::StatusOr<std::unique_ptr<Schedule>> Create(const Config& config,
                                                          const ScheduleContext& context) {
    const int64_t epochs = config.epochs() > 0 ? config.epochs() : context.epochs;
    if (epochs < 1) return ConfigError("LambdaConfig.epochs is 0 and there are none; set epochs");
    return std::make_unique<Lambda>(config.form(), epochs);
  }

  Lambda(LambdaConfig::Form form, int64_t epochs) : form_(form), epochs_(epochs) {}

  double LearningRate(double base, int64_t steps) const override {
    if (steps > epochs_) return 0;
    const double progress = static_cast<double>(steps) / static_cast<double>(epochs_);
    switch (form_) {
      case LambdaConfig::LINEAR:
        return base * (1 - progress);
      case LambdaConfig::COSINE:
        return base * (1 + std::cos(std::numbers::pi * progress)) / 2;
    }
    return base;
  }

 private:
  const LambdaConfig::Form form_;
  const int64_t epochs_;
};

DFKD_REGISTER_PLUGIN(Schedule, Lambda);

}  // namespace
}  // namespace dfkd
