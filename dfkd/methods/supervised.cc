// Supervised training on a data set's train split: how teachers, and the "student" rows of the
// papers' tables, are made. What is minimised stands in student.losses.
#include <memory>

#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/data/dataset.h"
#include "dfkd/methods/data_epoch.h"
#include "dfkd/methods/method.h"
#include "dfkd/methods/supervised.pb.h"

namespace dfkd {
namespace {

class Supervised : public Method {
 public:
  using Config = SupervisedConfig;

  static Contract GetContract(const Config&) {
    return {.needs = {Capability::kRealData},
            .provides = {Capability::kLabels, Capability::kStudentOutput}};
  }

  static MethodOutline GetOutline(const Config&, const Experiment& experiment) {
    return DataEpochOutline(experiment);
  }

  static absl::StatusOr<std::unique_ptr<Method>> Create(const Config&,
                                                        const MethodServices& services) {
    if (services.data == nullptr || services.data->split(SplitName::kTrain) == nullptr) {
      return ConfigError("method SupervisedConfig needs data with a train split; set data.source");
    }
    return std::make_unique<Supervised>(services);
  }

  explicit Supervised(const MethodServices& services)
      : services_(services), train_(*services.data->split(SplitName::kTrain)) {}

  int64_t rounds() const override { return services_.epochs; }
  int64_t StepsIn(int64_t) const override { return DataEpochSteps(train_, services_); }
  absl::Status Round(int64_t round) override { return RunDataEpoch(round, train_, services_); }

 private:
  const MethodServices services_;
  const Split& train_;
};

DFKD_REGISTER_PLUGIN(Method, Supervised);

}  // namespace
}  // namespace dfkd
