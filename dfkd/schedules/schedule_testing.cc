#include "dfkd/schedules/schedule_testing.h"

#include <ATen/core/Tensor.h>

#include "dfkd/core/conformance.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/testing.h"
#include "dfkd/testing/golden.h"

namespace dfkd {

google::protobuf::Any PackSchedule(const google::protobuf::Message& config) {
  google::protobuf::Any any;
  any.PackFrom(config);
  return any;
}

absl::StatusOr<std::unique_ptr<Schedule>> MakeSchedule(const google::protobuf::Message& config,
                                                       int64_t epochs) {
  return Registry<Schedule>::Get().Create(PackSchedule(config), {epochs}, "student.schedule");
}

void ExpectEqualsPyTorch(const google::protobuf::Message& config, int64_t epochs,
                         const std::string& golden_case) {
  static const auto* golden = new Golden("dfkd/schedules/testdata/schedules.safetensors");
  constexpr double kBase = 0.2;
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<Schedule> schedule, MakeSchedule(config, epochs));
  const at::Tensor& rates = (*golden)[golden_case];
  for (int64_t t = 0; t < rates.size(0); ++t) {
    EXPECT_NEAR(schedule->LearningRate(kBase, t), rates[t].item<double>(), 1e-12 * kBase)
        << golden_case << " after " << t << " steps";
  }
}

TEST(Schedules, EveryPluginConforms) {
  EXPECT_THAT(FindConformanceViolations("schedule"), ::testing::IsEmpty());
}

}  // namespace dfkd
