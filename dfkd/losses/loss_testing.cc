#include "dfkd/losses/loss_testing.h"

#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/nn/deterministic_weights.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

void ExpectGradient(const std::string& name, const at::Tensor& x) {
  if (!LossGoldens().Has(name)) {
    EXPECT_FALSE(x.grad().defined()) << name;
    return;
  }
  ASSERT_TRUE(x.grad().defined()) << name;
  EXPECT_LT(MaxDifference(x.grad(), LossGoldens()[name]), 2e-6) << name;
}

}  // namespace

const Golden& LossGoldens() {
  static const auto* goldens = new Golden("dfkd/losses/testdata/losses.safetensors");
  return *goldens;
}

std::unique_ptr<Loss> MakeLoss(const google::protobuf::Message& config) {
  google::protobuf::Any any;
  any.PackFrom(config);
  auto loss = Registry<Loss>::Get().Create(any, LossContext{4}, "losses[0]");
  CHECK(loss.ok()) << loss.status();
  return std::move(loss).value();
}

LogitExample::LogitExample() : labels(at::tensor({0, 1, 2, 3, 0, 1}, at::kLong)) {
  teacher.logits = DeterministicTensor({6, 4}, 1, -3.0, 3.0).requires_grad_();
  student.logits = DeterministicTensor({6, 4}, 2, -3.0, 3.0).requires_grad_();
}

LossInput LogitExample::Input() const {
  LossInput input;
  input.labels = labels;
  input.teacher = &teacher;
  input.student = &student;
  return input;
}

BatchNormExample::BatchNormExample(int batch) {
  const std::vector<std::vector<int64_t>> shapes = {{4, 3, 5, 5}, {4, 5, 3, 3}};
  for (int i = 0; i < 2; ++i) {
    const uint32_t layer = 2 * static_cast<uint32_t>(i);
    const at::IntArrayRef channels = at::IntArrayRef(shapes[i]).slice(1, 1);
    const at::Tensor x =
        DeterministicTensor(shapes[i], static_cast<uint32_t>(20 + 2 * batch + i), -1.0, 2.0)
            .requires_grad_();
    taps.batch_norm_inputs.push_back({x, ComputeBatchStatistics(x),
                                      DeterministicTensor(channels, 10 + layer),
                                      DeterministicTensor(channels, 11 + layer, 0.5, 1.5)});
  }
}

LossInput BatchNormExample::Input() const {
  LossInput input;
  input.teacher_taps = &taps;
  return input;
}

ImageExample::ImageExample() {
  images = DeterministicTensor({4, 3, 6, 5}, 40, 0.0, 1.0).requires_grad_();
  network_input = DeterministicTensor({4, 3, 6, 5}, 41, -2.0, 2.0).requires_grad_();
}

LossInput ImageExample::Input() const {
  LossInput input;
  input.images = images;
  input.network_input = network_input;
  return input;
}

void ExpectGolden(const std::string& name, const at::Tensor& value, const LogitExample& example) {
  EXPECT_LT(MaxDifference(value, LossGoldens()[name + ".value"]), 1e-5) << name;
  value.backward();
  ExpectGradient(name + ".teacher.grad", example.teacher.logits);
  ExpectGradient(name + ".student.grad", example.student.logits);
}

void ExpectGolden(const std::string& name, const at::Tensor& value,
                  const BatchNormExample& example) {
  EXPECT_LT(MaxDifference(value, LossGoldens()[name + ".value"]), 1e-5) << name;
  value.backward();
  for (size_t i = 0; i < example.taps.batch_norm_inputs.size(); ++i) {
    ExpectGradient(absl::StrCat(name, ".layer", i, ".grad"),
                   example.taps.batch_norm_inputs[i].input);
  }
}

void ExpectGolden(const std::string& name, const at::Tensor& value, const ImageExample& example) {
  EXPECT_LT(MaxDifference(value, LossGoldens()[name + ".value"]), 1e-5) << name;
  value.backward();
  ExpectGradient(name + ".images.grad", example.images);
  ExpectGradient(name + ".network_input.grad", example.network_input);
}

}  // namespace dfkd
