// The optimiser's learning rate throughout.
//
//   schedule { [type.googleapis.com/dfkd.ConstantConfig] {} }
#include <cstdint>
#include <memory>

#include "dfkd/core/registry.h"
#include "dfkd/schedules/constant.pb.h"
#include "dfkd/schedules/schedule.h"

namespace dfkd {
namespace {

class Constant : public Schedule {
 public:
  using Config = ConstantConfig;

  static absl::StatusOr<std::unique_ptr<Schedule>> Create(const Config&, const ScheduleContext&) {
    return std::make_unique<Constant>();
  }

  double LearningRate(double base, int64_t) const override { return base; }
};

DFKD_REGISTER_PLUGIN(Schedule, Constant);

}  // namespace
}  // namespace dfkd
