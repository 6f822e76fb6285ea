#include <gtest/gtest.h>

#include "dfkd/core/testing.h"
#include "dfkd/schedules/cosine.pb.h"
#include "dfkd/schedules/schedule_testing.h"

namespace dfkd {
namespace {

CosineConfig Config(double eta_min, int t_max = 0) {
  CosineConfig config;
  config.set_eta_min(eta_min);
  config.set_t_max(t_max);
  return config;
}

TEST(Cosine, EqualsPyTorchOverAllEpochs) {
  ExpectEqualsPyTorch(Config(2e-4), 100, "cosine.nayer");
  ExpectEqualsPyTorch(Config(0), 300, "cosine.to_zero");
}

TEST(Cosine, EqualsPyTorchBeyondTMax) {
  ExpectEqualsPyTorch(Config(0.01, 7), 25, "cosine.periodic");
}

TEST(Cosine, RefusesARunWithoutEpochsUnlessTMaxIsSet) {
  EXPECT_THAT(MakeSchedule(Config(0), 0),
              StatusMessageHas("CosineConfig.t_max is 0 and there are no epochs; set t_max"));
  EXPECT_OK(MakeSchedule(Config(0, 1), 0));
}

}  // namespace
}  // namespace dfkd
