// Which images of a pool a person is shown.
#ifndef DFKD_TRAIN_SAMPLE_PICTURES_H_
#define DFKD_TRAIN_SAMPLE_PICTURES_H_

#include <cstdint>

#include "dfkd/methods/method.h"
#include "dfkd/pool/pool.h"

namespace dfkd {

// The newest `per_class` images of each of the first `max_classes` classes, by class. Where no
// image has a class (-1), the newest of all, per_class rows of them.
Method::Samples NewestPerClass(const Pool& pool, int64_t num_classes, int64_t per_class = 10,
                               int64_t max_classes = 20);

}  // namespace dfkd

#endif  // DFKD_TRAIN_SAMPLE_PICTURES_H_
