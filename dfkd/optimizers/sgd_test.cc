#include <ATen/core/Tensor.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <memory>

#include "dfkd/core/registry.h"
#include "dfkd/core/testing.h"
#include "dfkd/optimizers/optimizer_testing.h"
#include "dfkd/optimizers/sgd.pb.h"
#include "google/protobuf/any.pb.h"

namespace dfkd {
namespace {

SgdConfig Config(double learning_rate, double momentum = 0, double weight_decay = 0) {
  SgdConfig config;
  config.set_learning_rate(learning_rate);
  config.set_momentum(momentum);
  config.set_weight_decay(weight_decay);
  return config;
}

TEST(Sgd, EqualsPyTorch) {
  ExpectEqualsPyTorch(Config(0.1), "sgd.plain");
  ExpectEqualsPyTorch(Config(0.2, 0.9, 1e-4), "sgd.momentum");
  SgdConfig dampening = Config(0.2, 0.9);
  dampening.set_dampening(0.3);
  ExpectEqualsPyTorch(dampening, "sgd.dampening");
  SgdConfig nesterov = Config(0.1, 0.8, 5e-4);
  nesterov.set_nesterov(true);
  ExpectEqualsPyTorch(nesterov, "sgd.nesterov");
}

TEST(Sgd, ResumesExactly) {
  ExpectResumesExactly(Config(0.1));
  ExpectResumesExactly(Config(0.1, 0.9));
}

TEST(Sgd, IgnoresTheLayoutOfParametersAndGradients) { ExpectIgnoresLayout(Config(0.1, 0.9)); }

TEST(Sgd, StartsTheMomentumAtAParametersFirstGradient) {
  SgdConfig config = Config(1, 0.5);
  config.set_dampening(0.5);
  at::Tensor early = at::full({1}, 10.0).requires_grad_();
  at::Tensor late = at::full({1}, 10.0).requires_grad_();
  const auto optimizer = MakeOptimizer(config, {early, late});
  early.mutable_grad() = at::full({1}, 2.0);
  optimizer->Step();  // early: b = 2
  EXPECT_EQ(early.item<float>(), 8);
  EXPECT_EQ(late.item<float>(), 10);
  late.mutable_grad() = at::full({1}, 4.0);
  optimizer->Step();  // early: b = 0.5 * 2 + 0.5 * 2 = 2; late: b = 4, its first, without dampening
  EXPECT_EQ(early.item<float>(), 6);
  EXPECT_EQ(late.item<float>(), 6);
}

TEST(Sgd, ZeroGradLeavesNoGradientAndAStepThenChangesNothing) {
  at::Tensor parameter = at::full({1}, 10.0).requires_grad_();
  const auto optimizer = MakeOptimizer(Config(1, 0.5), {parameter});
  parameter.mutable_grad() = at::full({1}, 2.0);
  optimizer->Step();
  optimizer->ZeroGrad();
  EXPECT_FALSE(parameter.grad().defined());
  optimizer->Step();
  EXPECT_EQ(parameter.item<float>(), 8);
}

TEST(Sgd, RefusesNesterovWithoutMomentum) {
  SgdConfig config = Config(0.1);
  config.set_nesterov(true);
  google::protobuf::Any any;
  any.PackFrom(config);
  EXPECT_THAT(Registry<Optimizer>::Get().Create(any, {}, "student.optimizer"),
              StatusMessageHas("nesterov is true with momentum 0 and dampening 0; it needs a "
                               "momentum greater than 0 and no dampening"));
}

}  // namespace
}  // namespace dfkd
