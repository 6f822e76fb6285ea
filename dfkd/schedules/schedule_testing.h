// What the tests of schedules share.
#ifndef DFKD_SCHEDULES_SCHEDULE_TESTING_H_
#define DFKD_SCHEDULES_SCHEDULE_TESTING_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "dfkd/schedules/schedule.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/message.h"

namespace dfkd {

google::protobuf::Any PackSchedule(const google::protobuf::Message& config);

// Through the registry, as "student.schedule" of a run of `epochs` epochs.
absl::StatusOr<std::unique_ptr<Schedule>> MakeSchedule(const google::protobuf::Message& config,
                                                       int64_t epochs);

// Every epoch's rate equals that of torch.optim.lr_scheduler in tools/goldens/schedules.py, to
// 1e-12 of the base rate.
void ExpectEqualsPyTorch(const google::protobuf::Message& config, int64_t epochs,
                         const std::string& golden_case);

}  // namespace dfkd

#endif  // DFKD_SCHEDULES_SCHEDULE_TESTING_H_
