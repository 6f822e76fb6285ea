#include "dfkd/samplers/sampled_labels.h"

#include "dfkd/core/registry.h"
#include "dfkd/samplers/label_sampler.h"

namespace dfkd {

Capabilities SampledLabels(const google::protobuf::Any& label_sampler) {
  const auto contract = Registry<LabelSampler>::Get().GetContract(label_sampler, "label_sampler");
  return contract.ok() ? contract->provides : Capabilities{Capability::kLabels};
}

}  // namespace dfkd
