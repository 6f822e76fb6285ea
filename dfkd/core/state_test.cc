#include "dfkd/core/state.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "absl/status/status.h"
#include "dfkd/core/testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(StateTest, WhatIsReadIsWhatWasWrittenUnderItsPrefix) {
  State state;
  StateWriter writer(&state);
  StateWriter student = writer.Scope("student");
  student.Scope("optimizer").Int("step", -7);
  student.String("name", "wrn");
  student.Tensor("weight", at::arange(4));
  writer.Double("seconds", 1.5);

  const StateReader reader(&state);
  EXPECT_THAT(reader.Int("student.optimizer.step"), IsOk());
  EXPECT_EQ(*reader.Scope("student").Scope("optimizer").Int("step"), -7);
  EXPECT_EQ(*reader.Scope("student").String("name"), "wrn");
  EXPECT_TRUE(reader.Scope("student").Tensor("weight")->equal(at::arange(4)));
  EXPECT_EQ(*reader.Double("seconds"), 1.5);
  EXPECT_TRUE(reader.HasTensor("student.weight"));
  EXPECT_FALSE(reader.HasTensor("weight"));
}

TEST(StateTest, DoublesComeBackBitByBit) {
  for (const double value : {0.1, -0.0, 1e-310, 1.7976931348623157e308, -2.0 / 3,
                             std::numeric_limits<double>::infinity()}) {
    State state;
    StateWriter(&state).Double("x", value);
    ASSERT_OK_AND_ASSIGN(const double back, StateReader(&state).Double("x"));
    EXPECT_EQ(back, value);
    EXPECT_EQ(std::signbit(back), std::signbit(value));
  }
  State state;
  StateWriter(&state).Double("x", std::nan(""));
  EXPECT_TRUE(std::isnan(*StateReader(&state).Double("x")));
}

TEST(StateTest, StringsMayHoldAnyBytes) {
  const std::string value("\x00\xff\"\\\n\xc3\xa9 0", 9);
  State state;
  StateWriter(&state).String("x", value);
  EXPECT_EQ(*StateReader(&state).String("x"), value);
}

TEST(StateTest, ATensorIsACopy) {
  State state;
  at::Tensor tensor = at::zeros({3});
  tensor.set_requires_grad(true);
  StateWriter(&state).Tensor("x", tensor);
  tensor.detach().fill_(1);
  const at::Tensor saved = *StateReader(&state).Tensor("x");
  EXPECT_TRUE(saved.equal(at::zeros({3})));
  EXPECT_FALSE(saved.requires_grad());
}

TEST(StateTest, NamesAreListedBelowAPrefixOnly) {
  State state;
  StateWriter writer(&state);
  writer.Scope("a").Tensor("x", at::zeros({1}));
  writer.Scope("a").Scope("b").Tensor("y", at::zeros({1}));
  writer.Scope("ab").Tensor("z", at::zeros({1}));
  writer.Scope("a").Int("n", 1);
  EXPECT_THAT(StateReader(&state).Scope("a").TensorNames(), ElementsAre("b.y", "x"));
  EXPECT_THAT(StateReader(&state).TensorNames(), ElementsAre("a.b.y", "a.x", "ab.z"));
  EXPECT_THAT(StateReader(&state).Scope("a").ValueNames(), ElementsAre("n"));
  EXPECT_THAT(StateReader(&state).Scope("c").ValueNames(), IsEmpty());
}

TEST(StateTest, AbsentAndMistypedValuesAreNamed) {
  State state;
  StateWriter(&state).Scope("a").String("text", "7");
  StateWriter(&state).Scope("a").Double("number", 7);
  const StateReader reader = StateReader(&state).Scope("a");
  EXPECT_THAT(reader.Int("step"),
              StatusHas(absl::StatusCode::kInvalidArgument,
                        "the checkpoint has no integer named a.step; it was written by another "
                        "version or for other plugins"));
  EXPECT_THAT(reader.Tensor("weight"), StatusMessageHas("no tensor named a.weight"));
  EXPECT_THAT(reader.Int("text"),
              StatusMessageIs("a.text in the checkpoint is not of type integer: s:7"));
  EXPECT_THAT(reader.String("number"),
              StatusMessageHas("a.number in the checkpoint is not of type string: d:"));
  state.values["a.broken"] = "i:12x";
  EXPECT_THAT(reader.Int("broken"),
              StatusMessageIs("a.broken in the checkpoint is not an integer: 12x"));
  state.values["a.broken"] = "d:1.8p+1 ";
  EXPECT_THAT(reader.Double("broken"), StatusMessageHas("is not a number"));
}

TEST(StateTest, CopyToKeepsTheTargetAndChecksItsShapeAndType) {
  State state;
  StateWriter(&state).Tensor("x", at::full({2, 3}, 5.0));
  const StateReader reader(&state);
  at::Tensor target = at::zeros({2, 3});
  target.set_requires_grad(true);
  const void* const data = target.data_ptr();
  EXPECT_OK(reader.CopyTo("x", target));
  EXPECT_EQ(target.data_ptr(), data);
  EXPECT_TRUE(target.detach().equal(at::full({2, 3}, 5.0)));
  EXPECT_THAT(
      reader.CopyTo("x", at::zeros({3, 2})),
      StatusMessageIs("x in the checkpoint is Float [2, 3]; this experiment has Float [3, 2]"));
  EXPECT_THAT(
      reader.CopyTo("x", at::zeros({2, 3}, at::kLong)),
      StatusMessageIs("x in the checkpoint is Float [2, 3]; this experiment has Long [2, 3]"));
}

TEST(StateDeathTest, TwoComponentsMayNotShareAName) {
  State state;
  StateWriter(&state).Int("x", 1);
  EXPECT_DEATH(StateWriter(&state).Int("x", 2), "two components save a value named x");
}

}  // namespace
}  // namespace dfkd
