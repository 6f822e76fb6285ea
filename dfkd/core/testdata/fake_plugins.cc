// Plugins with which core is tested. They register under file names of their own, as if each lay in
// a file.
#include "dfkd/core/testdata/fake_plugins.h"

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/core/testdata/fake_plugins.pb.h"

namespace dfkd::fake {
namespace {

template <typename Interface, typename ConfigType>
class Plain : public Interface {
 public:
  using Config = ConfigType;
  static absl::StatusOr<std::unique_ptr<Interface>> Create(const Config&, const NoContext&) {
    return std::make_unique<Plain>();
  }
};

class BnStat : public Loss {
 public:
  using Config = BnStatConfig;
  static Contract GetContract(const Config&) {
    return {.needs = {Capability::kBatchNormInputs}, .provides = {}};
  }
  static absl::StatusOr<std::unique_ptr<Loss>> Create(const Config& config, const NoContext&) {
    return std::make_unique<BnStat>(config.momentum());
  }
  explicit BnStat(double momentum) : momentum_(momentum) {}
  double value() const override { return momentum_; }

 private:
  double momentum_;
};

class Sgd : public Optimizer {
 public:
  using Config = SgdConfig;
  static absl::Status Validate(const Config& config) {
    if (!config.nesterov() || config.momentum() > 0) return absl::OkStatus();
    return ConfigError("nesterov needs momentum");
  }
  static absl::StatusOr<std::unique_ptr<Optimizer>> Create(const Config&, const NoContext&) {
    return std::make_unique<Sgd>();
  }
};

template <typename Interface, typename Config>
bool AddPlain(const char* file) {
  return Registry<Interface>::Get().template Add<Plain<Interface, Config>>(file);
}

[[maybe_unused]] const bool added[] = {
    AddPlain<Method, DistillConfig>("dfkd/fakes/distill.cc"),
    AddPlain<Method, SuperviseConfig>("dfkd/fakes/supervise.cc"),
    Registry<Loss>::Get().Add<BnStat>("dfkd/fake_losses/bn_stat.cc"),
    AddPlain<Loss, CrossEntropyConfig>("dfkd/fake_losses/cross_entropy.cc"),
    Registry<Optimizer>::Get().Add<Sgd>("dfkd/fakes/sgd.cc"),
    AddPlain<Model, WideNetConfig>("dfkd/fakes/wide_net.cc"),
    AddPlain<Encoder, WordsConfig>("dfkd/fakes/words.cc"),
    AddPlain<Encoder, PermutedConfig>("dfkd/fakes/permuted.cc"),
    AddPlain<Augmentation, FlipConfig>("dfkd/fakes/flip.cc"),
    AddPlain<Augmentation, CropConfig>("dfkd/fakes/crop.cc"),
};

}  // namespace
}  // namespace dfkd::fake
