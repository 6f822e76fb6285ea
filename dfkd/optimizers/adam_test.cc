#include <ATen/core/Tensor.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include "dfkd/optimizers/adam.pb.h"
#include "dfkd/optimizers/adam_optimizer.h"
#include "dfkd/optimizers/optimizer_testing.h"

namespace dfkd {
namespace {

AdamConfig Config(double learning_rate) {
  AdamConfig config;
  config.set_learning_rate(learning_rate);
  return config;
}

TEST(Adam, EqualsPyTorch) {
  ExpectEqualsPyTorch(AdamConfig(), "adam.default");
  AdamConfig generator = Config(4e-3);
  generator.set_beta1(0.5);
  ExpectEqualsPyTorch(generator, "adam.generator");
  AdamConfig decay = Config(1e-2);
  decay.set_weight_decay(0.1);
  decay.set_epsilon(1e-4);
  ExpectEqualsPyTorch(decay, "adam.decay");
  AdamConfig amsgrad = Config(1e-2);
  amsgrad.set_amsgrad(true);
  ExpectEqualsPyTorch(amsgrad, "adam.amsgrad");
}

TEST(Adam, ResumesExactly) {
  AdamConfig config = Config(1e-2);
  ExpectResumesExactly(config);
  config.set_amsgrad(true);
  ExpectResumesExactly(config);
}

TEST(Adam, IgnoresTheLayoutOfParametersAndGradients) { ExpectIgnoresLayout(Config(1e-2)); }

TEST(Adam, CanBeMadeWithoutASpec) {
  at::Tensor parameter = at::full({1}, 10.0).requires_grad_();
  AdamOptimizer adam({parameter}, {.learning_rate = 0.5});
  parameter.mutable_grad() = at::full({1}, 3.0);
  adam.Step();
  // The first step is learning_rate * g / |g|, whatever the gradient's size.
  EXPECT_NEAR(parameter.item<float>(), 9.5, 1e-6);
}

}  // namespace
}  // namespace dfkd
