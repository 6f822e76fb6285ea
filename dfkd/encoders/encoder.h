// Class names to vectors. Plugins of category "encoder".
#ifndef DFKD_ENCODERS_ENCODER_H_
#define DFKD_ENCODERS_ENCODER_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dfkd/core/random_stream.h"

namespace dfkd {

struct EncoderContext {
  RandomStream* random = nullptr;  // for encoders that draw; never null
};

class Encoder {
 public:
  static constexpr char kCategory[] = "encoder";
  using Context = EncoderContext;

  virtual ~Encoder() = default;

  // One float32 row per class name, [K, D], in the order of `class_names`.
  virtual absl::StatusOr<at::Tensor> Encode(const std::vector<std::string>& class_names) = 0;
};

}  // namespace dfkd

#endif  // DFKD_ENCODERS_ENCODER_H_
