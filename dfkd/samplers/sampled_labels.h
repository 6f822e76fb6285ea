// What a label sampler gives to losses, told from its config.
#ifndef DFKD_SAMPLERS_SAMPLED_LABELS_H_
#define DFKD_SAMPLERS_SAMPLED_LABELS_H_

#include "dfkd/core/contract.h"
#include "google/protobuf/any.pb.h"

namespace dfkd {

// kLabels, or nothing where images are to show no class. Of a config that is refused, which others
// say: kLabels.
Capabilities SampledLabels(const google::protobuf::Any& label_sampler);

}  // namespace dfkd

#endif  // DFKD_SAMPLERS_SAMPLED_LABELS_H_
