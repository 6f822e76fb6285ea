// Uses every library once, in one binary: that they compile, link and run side by side.

#include <ATen/ATen.h>
#include <gflags/gflags.h>
#include <glog/logging.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/variable.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "google/protobuf/text_format.h"
#include "third_party/smoke_test.pb.h"

DEFINE_int32(size, 3, "Rows of the matrices.");

namespace dfkd::third_party {
namespace {

TEST(ThirdParty, TorchMultipliesAndDifferentiates) {
  const at::Tensor left = at::ones({FLAGS_size, 2}).requires_grad_();
  const at::Tensor product = at::matmul(left, at::full({2, FLAGS_size}, 2.0));
  // 1 * 2 + 1 * 2 in each of the 3 x 3 places.
  EXPECT_EQ(product.sum().item<double>(), 36.0);
  product.sum().backward();
  // Each entry of `left` meets three 2s.
  EXPECT_TRUE(at::equal(left.grad(), at::full({FLAGS_size, 2}, 6.0)));
}

absl::StatusOr<int> ParseInt(const std::string& text) {
  int value = 0;
  if (!absl::SimpleAtoi(text, &value)) return absl::InvalidArgumentError(text);
  return value;
}

TEST(ThirdParty, StatusOrHoldsAValueOrAnError) {
  EXPECT_EQ(*ParseInt("7"), 7);
  EXPECT_EQ(ParseInt("seven").status().message(), "seven");
}

TEST(ThirdParty, LogMacrosAreGlogs) {
  LOG(INFO) << "glog";
  CHECK_EQ(1 + 1, 2) << "checked by glog";
  const google::LogSeverity severity = google::GLOG_WARNING;
  EXPECT_EQ(severity, 1);
}

TEST(ThirdParty, TextFormatReadsAnAnyByItsLinkedType) {
  SmokeTest message;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      "config { [type.googleapis.com/dfkd.third_party.SmokeTest] { momentum: 0.5 } }", &message));
  EXPECT_EQ(message.momentum(), 0.9);
  SmokeTest inner;
  ASSERT_TRUE(message.config().UnpackTo(&inner));
  EXPECT_EQ(inner.momentum(), 0.5);
  EXPECT_EQ(SmokeTest::descriptor()->FindFieldByName("momentum")->options().GetExtension(unit),
            "1");
}

}  // namespace
}  // namespace dfkd::third_party
