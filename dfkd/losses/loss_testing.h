// What the tests of losses share: inputs that their goldens were made with, and comparisons.
#ifndef DFKD_LOSSES_LOSS_TESTING_H_
#define DFKD_LOSSES_LOSS_TESTING_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "dfkd/core/registry.h"
#include "dfkd/losses/loss.h"
#include "dfkd/testing/golden.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/message.h"

namespace dfkd {

const Golden& LossGoldens();

// A loss for four classes. A config that is refused ends the test program.
std::unique_ptr<Loss> MakeLoss(const google::protobuf::Message& config);

// Six images' logits over four classes, of teacher and student, with gradients.
struct LogitExample {
  LogitExample();
  LossInput Input() const;
  ModelOutput teacher;
  ModelOutput student;
  at::Tensor labels;
};

// Inputs of two BatchNorm layers (3 and 5 channels) in a synthesised batch, with gradients.
struct BatchNormExample {
  explicit BatchNormExample(int batch);
  LossInput Input() const;
  Taps taps;
};

// Four images of three channels, 6 x 5 pixels, in [0, 1] and as a network sees them, with
// gradients.
struct ImageExample {
  ImageExample();
  LossInput Input() const;
  at::Tensor images;
  at::Tensor network_input;
};

// Value and gradients are those of CASE in the goldens; calls backward().
void ExpectGolden(const std::string& name, const at::Tensor& value, const LogitExample& example);
void ExpectGolden(const std::string& name, const at::Tensor& value,
                  const BatchNormExample& example);
void ExpectGolden(const std::string& name, const at::Tensor& value, const ImageExample& example);

}  // namespace dfkd

#endif  // DFKD_LOSSES_LOSS_TESTING_H_
