#include <gtest/gtest.h>

#include "dfkd/optimizers/adamw.pb.h"
#include "dfkd/optimizers/optimizer_testing.h"

namespace dfkd {
namespace {

TEST(Adamw, EqualsPyTorch) {
  ExpectEqualsPyTorch(AdamWConfig(), "adamw.default");
  AdamWConfig decay;
  decay.set_learning_rate(1e-2);
  decay.set_weight_decay(0.1);
  decay.set_beta1(0.8);
  decay.set_beta2(0.99);
  ExpectEqualsPyTorch(decay, "adamw.decay");
  AdamWConfig amsgrad;
  amsgrad.set_learning_rate(1e-2);
  amsgrad.set_amsgrad(true);
  ExpectEqualsPyTorch(amsgrad, "adamw.amsgrad");
}

TEST(Adamw, ResumesExactly) { ExpectResumesExactly(AdamWConfig()); }

TEST(Adamw, IgnoresTheLayoutOfParametersAndGradients) { ExpectIgnoresLayout(AdamWConfig()); }

}  // namespace
}  // namespace dfkd
