// Noise rows: e_k ~ N(0, I), [K, dim], drawn once for the life of the encoder.
#include <memory>
#include <string>
#include <vector>

#include "dfkd/core/random_stream.h"
#include "dfkd/core/registry.h"
#include "dfkd/encoders/encoder.h"
#include "dfkd/encoders/noise.pb.h"

namespace dfkd {
namespace {

class NoiseEncoder : public Encoder {
 public:
  using Config = NoiseConfig;

  static absl::StatusOr<std::unique_ptr<Encoder>> Create(const NoiseConfig& config,
                                                         const EncoderContext& context) {
    return std::make_unique<NoiseEncoder>(config.dim(), context.random->NextSeed());
  }

  NoiseEncoder(int64_t dim, uint64_t seed) : dim_(dim), seed_(seed) {}

  absl::StatusOr<at::Tensor> Encode(const std::vector<std::string>& class_names) override {
    // A stream of its own, begun anew each time: the same rows for each call.
    RandomStream random(seed_, "noise rows");
    return random.Normal({static_cast<int64_t>(class_names.size()), dim_});
  }

 private:
  int64_t dim_;
  uint64_t seed_;
};

DFKD_REGISTER_PLUGIN(Encoder, NoiseEncoder);

}  // namespace
}  // namespace dfkd
