#include "dfkd/optimizers/optimizer_testing.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/conformance.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/state.h"
#include "dfkd/core/testing.h"
#include "dfkd/testing/golden.h"
#include "glog/logging.h"
#include "google/protobuf/any.pb.h"

namespace dfkd {
namespace {

constexpr int kSteps = 5;
constexpr int kParameters = 3;
constexpr double kLearningRateFactors[kSteps] = {1, 1, 0.5, 0.5, 0.1};

const Golden& Goldens() {
  static const auto* golden = new Golden("dfkd/optimizers/testdata/optimizers.safetensors");
  return *golden;
}

std::vector<at::Tensor> StartingParameters() {
  std::vector<at::Tensor> parameters;
  for (int i = 0; i < kParameters; ++i) {
    parameters.push_back(Goldens()[absl::StrCat("start.", i)].clone().requires_grad_());
  }
  return parameters;
}

// One step with the golden's gradients; `gradient_layout` for those of rank 4.
void Step(Optimizer& optimizer, int step,
          at::MemoryFormat gradient_layout = at::MemoryFormat::Contiguous) {
  optimizer.ZeroGrad();
  for (int i = 0; i < kParameters; ++i) {
    const std::string name = absl::StrCat("gradient.", step, ".", i);
    if (!Goldens().Has(name)) continue;
    at::Tensor gradient = Goldens()[name].clone();
    if (gradient.dim() == 4) gradient = gradient.contiguous(gradient_layout);
    at::Tensor parameter = optimizer.parameters()[i];
    parameter.mutable_grad() = gradient;
  }
  optimizer.set_learning_rate(optimizer.base_learning_rate() * kLearningRateFactors[step]);
  optimizer.Step();
}

}  // namespace

std::unique_ptr<Optimizer> MakeOptimizer(const google::protobuf::Message& config,
                                         std::vector<at::Tensor> parameters) {
  google::protobuf::Any any;
  any.PackFrom(config);
  auto optimizer = Registry<Optimizer>::Get().Create(any, {std::move(parameters)}, "optimizer");
  CHECK(optimizer.ok()) << optimizer.status();
  return *std::move(optimizer);
}

void ExpectEqualsPyTorch(const google::protobuf::Message& config, const std::string& golden_case) {
  const auto optimizer = MakeOptimizer(config, StartingParameters());
  for (int step = 0; step < kSteps; ++step) {
    Step(*optimizer, step);
    for (int i = 0; i < kParameters; ++i) {
      const at::Tensor& ours = optimizer->parameters()[i];
      const std::string suffix = absl::StrCat(".", step, ".", i);
      EXPECT_LE(MaxDifference(ours, Goldens()[golden_case + suffix]), 1e-6)
          << golden_case << " (fused), step " << step << ", parameter " << i;
      if (step + 1 < kSteps) continue;
      EXPECT_LE(MaxDifference(ours, Goldens()[golden_case + ".unfused" + suffix]), 1e-6)
          << golden_case << ", parameter " << i;
    }
  }
}

void ExpectResumesExactly(const google::protobuf::Message& config) {
  const auto whole = MakeOptimizer(config, StartingParameters());
  const auto before = MakeOptimizer(config, StartingParameters());
  for (int step = 0; step < 3; ++step) {
    Step(*whole, step);
    Step(*before, step);
  }
  State state;
  before->Save(StateWriter(&state, "optimizer"));
  std::vector<at::Tensor> parameters;
  for (const at::Tensor& parameter : before->parameters()) {
    parameters.push_back(parameter.detach().clone().requires_grad_());
  }
  const auto after = MakeOptimizer(config, std::move(parameters));
  ASSERT_OK(after->Load(StateReader(&state, "optimizer")));
  EXPECT_EQ(after->learning_rate(), before->learning_rate());
  for (int step = 3; step < kSteps; ++step) {
    Step(*whole, step);
    Step(*after, step);
  }
  for (int i = 0; i < kParameters; ++i) {
    EXPECT_TRUE(at::equal(after->parameters()[i], whole->parameters()[i])) << "parameter " << i;
  }

  const auto other = MakeOptimizer(config, {StartingParameters()[0]});
  EXPECT_THAT(other->Load(StateReader(&state, "optimizer")),
              StatusMessageIs(
                  "the optimiser's state is of 3 parameters, the model has 1; the checkpoint is "
                  "of another model"));
}

void ExpectIgnoresLayout(const google::protobuf::Message& config) {
  const auto contiguous = MakeOptimizer(config, StartingParameters());
  for (int step = 0; step < kSteps; ++step) Step(*contiguous, step);
  for (const auto gradient_layout :
       {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
    std::vector<at::Tensor> parameters = StartingParameters();
    parameters[0] =
        parameters[0].detach().contiguous(at::MemoryFormat::ChannelsLast).requires_grad_();
    const auto optimizer = MakeOptimizer(config, parameters);
    for (int step = 0; step < kSteps; ++step) Step(*optimizer, step, gradient_layout);
    EXPECT_LE(MaxDifference(optimizer->parameters()[0], contiguous->parameters()[0]), 1e-6)
        << "gradients " << gradient_layout;
  }
}

TEST(Optimizers, EveryPluginConforms) {
  EXPECT_THAT(FindConformanceViolations("optimizer"), ::testing::IsEmpty());
}

}  // namespace dfkd
