// The tensors of a weight file, as text.
#ifndef DFKD_INSPECT_DESCRIBE_WEIGHTS_H_
#define DFKD_INSPECT_DESCRIBE_WEIGHTS_H_

#include <string>

#include "dfkd/weights/weights.h"

namespace dfkd {

// Each tensor with type and shape, sums over them, metadata.
std::string DescribeTensors(const WeightFile& file);

// The card of a classifier and the architectures that its tensors fit, with what to do next.
std::string DescribeClassifier(const WeightFile& file, const std::string& path);

}  // namespace dfkd

#endif  // DFKD_INSPECT_DESCRIBE_WEIGHTS_H_
