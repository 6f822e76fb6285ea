#include <ATen/TensorOperators.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>

#include "dfkd/core/contract.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/testing.h"
#include "dfkd/losses/class_activation.pb.h"
#include "dfkd/losses/loss_testing.h"
#include "dfkd/nn/deterministic_weights.h"
#include "google/protobuf/any.pb.h"

namespace dfkd {
namespace {

// Two images of two classes, maps of two channels and 1 x 3 cells, weights [2, 2].
//   image 0, class 1: M = 1 * (0, 1, 2) + 2 * (0, 0, 1) = (0, 1, 4)
//   image 1, class 0: M = 3 * (1, 0, 0) - 1 * (1, 0, 2) = (2, 0, -2)
struct Example {
  Example() {
    output.feature_map = at::tensor({0., 1., 2., 0., 0., 1., 1., 0., 0., 1., 0., 2.}, at::kFloat)
                             .view({2, 2, 1, 3})
                             .requires_grad_();
    weight = at::tensor({3., -1., 1., 2.}, at::kFloat).view({2, 2});
    labels = at::tensor({1, 0}, at::kLong);
  }
  LossInput Input() const {
    LossInput input;
    input.teacher = &output;
    input.labels = labels;
    input.classifier_weight = weight;
    return input;
  }
  ModelOutput output;
  at::Tensor weight, labels;
};

double NoteOf(const Loss& loss) { return loss.Notes().at(0).value.item<double>(); }

TEST(ClassActivationTest, FullAtOneLiftsWhatIsBelow) {
  // Below 1 by (1, 0, 0) and (0, 1, 3): 5 over 6 cells, of which 3 are below.
  const Example example;
  const auto loss = MakeLoss(ClassActivationConfig());
  const at::Tensor value = loss->Compute(example.Input());
  EXPECT_NEAR(value.item<double>(), 5.0 / 6, 1e-6);
  EXPECT_NEAR(NoteOf(*loss), 3.0 / 6, 1e-6);
  // Where a cell is below, the gradient to a channel is - w[y, k] / 6.
  value.backward();
  const at::Tensor expected =
      at::tensor({-1., 0., 0., -2., 0., 0., 0., -3., -3., 0., 1., 1.}, at::kFloat)
          .view({2, 2, 1, 3}) /
      6;
  EXPECT_LT(MaxDifference(example.output.feature_map.grad(), expected), 1e-6);
}

TEST(ClassActivationTest, AHigherTargetAsksForMore) {
  // Below 2 by (2, 1, 0) and (0, 2, 4): 9 of 6 cells; a sum over cells is three times the mean.
  const Example example;
  ClassActivationConfig config;
  config.set_full(2);
  EXPECT_NEAR(MakeLoss(config)->Compute(example.Input()).item<double>(), 9.0 / 6, 1e-6);
  config.set_reduction(ClassActivationConfig::SUM_OF_CELLS);
  EXPECT_NEAR(MakeLoss(config)->Compute(example.Input()).item<double>(), 9.0 / 2, 1e-6);
}

TEST(ClassActivationTest, AGaussianAsksForLessAtTheEdges) {
  // Peak 3, sigma 1, one cell from the middle: 3 exp(-1/2) = 1.8196. Below by (1.8196, 2, 0) and
  // (0, 3, 3.8196).
  const Example example;
  ClassActivationConfig config;
  config.mutable_gaussian()->set_peak(3);
  config.mutable_gaussian()->set_sigma(1);
  const double edge = 3 * std::exp(-0.5);
  EXPECT_NEAR(MakeLoss(config)->Compute(example.Input()).item<double>(),
              (edge + 2 + 3 + edge + 2) / 6, 1e-6);
}

// The same example before the ReLU: image 0 has -3 in place of the second channel's first 0, and
// image 1 has -1 in place of its second 0.
//   image 0, class 1: M = (0 - 6, 1, 4);   image 1, class 0: M = (3 - 1, 0 + 1, -2)
TEST(ClassActivationTest, MapsBeforeTheReluCountWhatItCutsOff) {
  Example example;
  Taps taps;
  taps.last_relu_input = at::tensor({0., 1., 2., -3., 0., 1., 1., 0., 0., 1., -1., 2.}, at::kFloat)
                             .view({2, 2, 1, 3})
                             .requires_grad_();
  ASSERT_TRUE(taps.last_relu_input.clamp_min(0).equal(example.output.feature_map));
  LossInput input = example.Input();
  input.teacher_taps = &taps;
  ClassActivationConfig config;
  config.set_maps(ClassActivationConfig::BEFORE_RELU);
  const auto loss = MakeLoss(config);
  // Below 1 by (7, 0, 0) and (0, 0, 3): 10 over 6 cells, of which 2 are below.
  const at::Tensor value = loss->Compute(input);
  EXPECT_NEAR(value.item<double>(), 10.0 / 6, 1e-6);
  EXPECT_NEAR(NoteOf(*loss), 2.0 / 6, 1e-6);
  // The cell that a ReLU would cut off is drawn up: - w[1, 1] / 6.
  value.backward();
  EXPECT_NEAR(taps.last_relu_input.grad()[0][1][0][0].item<double>(), -2.0 / 6, 1e-6);
  // On the other side of the ReLU it is 5 over 6, as above.
  config.set_maps(ClassActivationConfig::AFTER_RELU);
  EXPECT_NEAR(MakeLoss(config)->Compute(input).item<double>(), 5.0 / 6, 1e-6);
}

TEST(ClassActivationTest, AsksForTheMapThatItLooksAt) {
  ClassActivationConfig config;
  const auto needs = [&config] {
    google::protobuf::Any any;
    any.PackFrom(config);
    return Registry<Loss>::Get().GetContract(any, "losses[0]")->needs;
  };
  EXPECT_TRUE(needs().Has(Capability::kFeatureMap));
  EXPECT_FALSE(needs().Has(Capability::kPreReluMap));
  config.set_maps(ClassActivationConfig::BEFORE_RELU);
  EXPECT_TRUE(needs().Has(Capability::kPreReluMap));
  EXPECT_FALSE(needs().Has(Capability::kFeatureMap));
}

// What makes class activation maps meaningful: under global average pooling a logit is the mean of
// its map and the bias. It is so of what is pooled, and so not of maps before the ReLU.
TEST(ClassActivationTest, TheMapsMeanAndTheBiasAreTheLogit) {
  const at::Tensor maps = DeterministicTensor({1, 4, 3, 5}, 1);
  const at::Tensor weight = DeterministicTensor({2, 4}, 2, -1, 1);
  const at::Tensor bias = DeterministicTensor({2}, 3, -1, 1);
  const at::Tensor logits = at::linear(maps.mean({2, 3}), weight, bias);
  for (const int64_t label : {0, 1}) {
    ModelOutput output;
    output.feature_map = maps;
    LossInput input;
    input.teacher = &output;
    input.labels = at::tensor({label}, at::kLong);
    input.classifier_weight = weight;
    // With a target above all cells the hinge is open everywhere: value = target - mean of the map.
    ClassActivationConfig config;
    config.set_full(100);
    const double mean = 100 - MakeLoss(config)->Compute(input).item<double>();
    EXPECT_NEAR(mean + bias[label].item<double>(), logits[0][label].item<double>(), 1e-4);
  }
}

}  // namespace
}  // namespace dfkd
