// One-hot rows: the identity matrix [K, K]. The ablation that asks what the text is worth.
#include <ATen/ops/eye.h>

#include <memory>
#include <string>
#include <vector>

#include "dfkd/core/registry.h"
#include "dfkd/encoders/encoder.h"
#include "dfkd/encoders/one_hot.pb.h"

namespace dfkd {
namespace {

class OneHotEncoder : public Encoder {
 public:
  using Config = OneHotConfig;

  static absl::StatusOr<std::unique_ptr<Encoder>> Create(const OneHotConfig&,
                                                         const EncoderContext&) {
    return std::make_unique<OneHotEncoder>();
  }

  absl::StatusOr<at::Tensor> Encode(const std::vector<std::string>& class_names) override {
    return at::eye(static_cast<int64_t>(class_names.size()), at::kFloat);
  }
};

DFKD_REGISTER_PLUGIN(Encoder, OneHotEncoder);

}  // namespace
}  // namespace dfkd
