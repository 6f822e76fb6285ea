#include "dfkd/losses/loss_set.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dfkd/core/testing.h"
#include "dfkd/losses/adversarial_kl.pb.h"
#include "dfkd/losses/bn_stat.pb.h"
#include "dfkd/losses/cross_entropy.pb.h"
#include "dfkd/losses/loss_testing.h"

namespace dfkd {
namespace {

LossSpec Spec(const google::protobuf::Message& config, double weight,
              const std::string& name = "") {
  LossSpec spec;
  spec.mutable_config()->PackFrom(config);
  spec.set_weight(weight);
  if (!name.empty()) spec.set_name(name);
  return spec;
}

// NAYER's generator loss.
LossSet::Specs NayerSpecs() {
  LossSet::Specs specs;
  *specs.Add() = Spec(BnStatConfig(), 10);
  *specs.Add() = Spec(CrossEntropyConfig(), 0.5);
  *specs.Add() = Spec(AdversarialKlConfig(), 1.33);
  return specs;
}

std::unique_ptr<LossSet> Make(const LossSet::Specs& specs) {
  auto set = LossSet::Create(specs, LossContext{4}, "method.losses");
  EXPECT_OK(set);
  return std::move(set).value();
}

// Logits and BatchNorm inputs together.
struct Example {
  LossInput Input() const {
    LossInput input = logits.Input();
    input.teacher_taps = &layers.taps;
    return input;
  }
  LogitExample logits;
  BatchNormExample layers{0};
};

double GoldenValue(const std::string& name) {
  return LossGoldens()[name + ".value"].item<double>();
}

TEST(LossSetTest, TotalIsTheWeightedSumAndTermsAreShownBeforeTheirWeights) {
  const auto set = Make(NayerSpecs());
  const Example example;
  std::map<std::string, double> seen;
  ASSERT_OK_AND_ASSIGN(
      const at::Tensor total,
      set->Total(example.Input(), [&](absl::string_view name, const at::Tensor& v) {
        seen[std::string(name)] = v.item<double>();
      }));
  const double bn = GoldenValue("bn_stat.plain");
  const double ce = GoldenValue("cross_entropy.teacher");
  const double adv = GoldenValue("adversarial_kl.masked.1");
  EXPECT_NEAR(total.item<double>(), 10 * bn + 0.5 * ce + 1.33 * adv, 1e-4);
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_NEAR(seen["bn_stat"], bn, 1e-5);
  EXPECT_NEAR(seen["cross_entropy"], ce, 1e-5);
  EXPECT_NEAR(seen["adversarial_kl"], adv, 1e-5);
  total.backward();
  EXPECT_GT(example.logits.teacher.logits.grad().abs().max().item<double>(), 0);
  EXPECT_GT(example.layers.taps.batch_norm_inputs[1].input.grad().abs().max().item<double>(), 0);
}

TEST(LossSetTest, ATermThatIsOffIsNeitherSummedNorShown) {
  const auto set = Make(NayerSpecs());
  EXPECT_TRUE(set->SetEnabled("adversarial_kl", false));
  EXPECT_FALSE(set->SetEnabled("cam", false));
  Example example;
  example.logits.student = ModelOutput();  // nobody looks at it
  std::vector<std::string> seen;
  ASSERT_OK_AND_ASSIGN(const at::Tensor total,
                       set->Total(example.Input(), [&](absl::string_view name, const at::Tensor&) {
                         seen.emplace_back(name);
                       }));
  EXPECT_EQ(seen, (std::vector<std::string>{"bn_stat", "cross_entropy"}));
  EXPECT_NEAR(total.item<double>(),
              10 * GoldenValue("bn_stat.plain") + 0.5 * GoldenValue("cross_entropy.teacher"), 1e-4);
  EXPECT_TRUE(set->SetEnabled("adversarial_kl", true));
}

TEST(LossSetTest, ATermOfWeightZeroNeedsNothingAndStaysOff) {
  LossSet::Specs specs = NayerSpecs();
  specs[0].set_weight(0);  // bn_stat: a teacher without BatchNorm layers will do
  ASSERT_OK_AND_ASSIGN(const Capabilities needs, LossSet::Needs(specs, "method.losses"));
  EXPECT_FALSE(needs.Has(Capability::kBatchNormInputs));
  EXPECT_TRUE(needs.Has(Capability::kStudentOutput));
  const auto set = Make(specs);
  set->SetEnabled("bn_stat", true);
  set->SetEnabledWhereNeeded(Capability::kBatchNormInputs, true);
  EXPECT_FALSE(set->EnabledNeeds().Has(Capability::kBatchNormInputs));
  EXPECT_OK(set->Total(Example().Input(), [](absl::string_view name, const at::Tensor&) {
    EXPECT_NE(name, "bn_stat");
  }));
}

TEST(LossSetTest, NeedsAreThoseOfAllTerms) {
  ASSERT_OK_AND_ASSIGN(const Capabilities needs, LossSet::Needs(NayerSpecs(), "method.losses"));
  for (Capability capability : {Capability::kLabels, Capability::kTeacherOutput,
                                Capability::kStudentOutput, Capability::kBatchNormInputs}) {
    EXPECT_TRUE(needs.Has(capability));
    EXPECT_TRUE(Make(NayerSpecs())->needs().Has(capability));
  }
  EXPECT_FALSE(needs.Has(Capability::kFeatureMap));
}

TEST(LossSetTest, TheTermThatIsNotFiniteIsNamed) {
  const auto set = Make(NayerSpecs());
  Example example;
  example.logits.teacher.logits = at::full({6, 4}, std::numeric_limits<float>::quiet_NaN());
  EXPECT_THAT(set->Total(example.Input()),
              StatusHas(absl::StatusCode::kOutOfRange, "loss cross_entropy is nan"));
  Example overflow;
  overflow.layers.taps.batch_norm_inputs[0].running_var =
      at::full({3}, std::numeric_limits<float>::infinity());
  EXPECT_THAT(set->Total(overflow.Input()),
              StatusHas(absl::StatusCode::kOutOfRange, "loss bn_stat is inf"));
}

TEST(LossSetTest, NoTermLeftIsAnError) {
  const auto set = Make(NayerSpecs());
  for (const std::string& name : set->names()) set->SetEnabled(name, false);
  EXPECT_THAT(set->Total(Example().Input()),
              StatusMessageIs("no loss is left to minimise: every one is off"));
}

TEST(LossSetTest, NamesTellTwoOfATypeApart) {
  LossSet::Specs specs = NayerSpecs();
  *specs.Add() = Spec(CrossEntropyConfig(), 2);
  EXPECT_THAT(
      LossSet::Create(specs, LossContext{4}, "method.losses"),
      StatusMessageIs("method.losses[3] is the second loss named \"cross_entropy\"; give it "
                      "a name of its own"));
  specs[3].set_name("student_entropy");
  ASSERT_OK_AND_ASSIGN(const auto names, LossSet::Names(specs, "method.losses"));
  EXPECT_EQ(names, (std::vector<std::string>{"bn_stat", "cross_entropy", "adversarial_kl",
                                             "student_entropy"}));
}

TEST(LossSetTest, ABadConfigIsRefusedWithItsPlaceInTheList) {
  LossSet::Specs specs = NayerSpecs();
  AdversarialKlConfig config;
  config.set_temperature(-1);
  specs[2].mutable_config()->PackFrom(config);
  EXPECT_THAT(LossSet::Needs(specs, "method.losses"),
              StatusMessageHas("method.losses[2].AdversarialKlConfig.temperature is -1"));
}

TEST(LossSetTest, StateIsKeptPerTermAndComesBack) {
  const auto set = Make(NayerSpecs());
  const Example first;
  ASSERT_OK(set->Total(first.Input()));
  set->EndBatch();
  State state;
  set->Save(StateWriter(&state));
  EXPECT_EQ(state.tensors.count("bn_stat.mean.0"), 1u);
  const auto resumed = Make(NayerSpecs());
  EXPECT_OK(resumed->Load(StateReader(&state)));
  ASSERT_OK_AND_ASSIGN(const at::Tensor a, set->Total(first.Input()));
  ASSERT_OK_AND_ASSIGN(const at::Tensor b, resumed->Total(first.Input()));
  EXPECT_EQ(a.item<float>(), b.item<float>());
}

}  // namespace
}  // namespace dfkd
