// Permuted rows: e_k = f_{pi(k)}, where f are the rows of another encoder, [K, D], and pi is a
// permutation of the K classes, drawn uniformly once for the life of the encoder.
#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dfkd/core/random_stream.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/encoders/encoder.h"
#include "dfkd/encoders/encoder_factory.h"
#include "dfkd/encoders/permuted.pb.h"

namespace dfkd {
namespace {

class PermutedEncoder : public Encoder {
 public:
  using Config = PermutedConfig;

  static absl::StatusOr<std::unique_ptr<Encoder>> Create(const PermutedConfig& config,
                                                         const EncoderContext& context) {
    DFKD_ASSIGN_OR_RETURN(std::unique_ptr<Encoder> encoder,
                          CreateEncoder(config.encoder(), context, "PermutedConfig.encoder"));
    const uint64_t seed = config.has_seed() ? config.seed() : context.random->NextSeed();
    return std::make_unique<PermutedEncoder>(std::move(encoder), seed);
  }

  PermutedEncoder(std::unique_ptr<Encoder> encoder, uint64_t seed)
      : encoder_(std::move(encoder)), seed_(seed) {}

  absl::StatusOr<at::Tensor> Encode(const std::vector<std::string>& class_names) override {
    DFKD_ASSIGN_OR_RETURN(const at::Tensor rows, encoder_->Encode(class_names));
    RandomStream random(seed_, "permuted rows");
    return rows.index_select(0, random.Permutation(rows.size(0)));
  }

 private:
  std::unique_ptr<Encoder> encoder_;
  uint64_t seed_;
};

DFKD_REGISTER_PLUGIN(Encoder, PermutedEncoder);

}  // namespace
}  // namespace dfkd
