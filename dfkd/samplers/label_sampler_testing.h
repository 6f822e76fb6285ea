// What the tests of label samplers share.
#ifndef DFKD_SAMPLERS_LABEL_SAMPLER_TESTING_H_
#define DFKD_SAMPLERS_LABEL_SAMPLER_TESTING_H_

#include <cstdint>
#include <memory>

#include "dfkd/samplers/label_sampler.h"
#include "google/protobuf/message.h"

namespace dfkd {

// Through the registry. Ends the test program on an error.
std::unique_ptr<LabelSampler> MakeLabelSampler(const google::protobuf::Message& config,
                                               int64_t num_classes);

// Equal streams give equal labels; a draw takes one step of the stream; labels are int64 on the
// CPU.
void ExpectDrawsFromTheStreamAlone(const LabelSampler& sampler);

}  // namespace dfkd

#endif  // DFKD_SAMPLERS_LABEL_SAMPLER_TESTING_H_
