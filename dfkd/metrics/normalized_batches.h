// A split's images as a network wants them, batch by batch.
#ifndef DFKD_METRICS_NORMALIZED_BATCHES_H_
#define DFKD_METRICS_NORMALIZED_BATCHES_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/data/dataset.h"

namespace dfkd {

// visit(images, labels), labels as BatchLoader gives them, normalised by `card` and on `device`,
// for each batch of the split in its order; the last one may be smaller. The first error ends it. A
// split without images is refused.
absl::Status ForEachNormalizedBatch(
    const Split& split, const TeacherCard& card, int64_t batch_size, at::Device device,
    const std::function<absl::Status(const at::Tensor& images, const at::Tensor& labels)>& visit);

}  // namespace dfkd

#endif  // DFKD_METRICS_NORMALIZED_BATCHES_H_
