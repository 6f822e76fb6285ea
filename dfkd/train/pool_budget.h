// How many images of each size a run keeps.
#ifndef DFKD_TRAIN_POOL_BUDGET_H_
#define DFKD_TRAIN_POOL_BUDGET_H_

#include <vector>

#include "dfkd/core/experiment.pb.h"
#include "dfkd/methods/method.h"
#include "dfkd/pool/pool.h"

namespace dfkd {

// One pool for each of `sizes`, or, where that is empty, one of the card's size. A limit is shared
// equally among them, in its own unit: of a limit in pixels each takes the same number of pixels,
// whatever its size. At least one image each; max_images is 0 where there is no limit.
std::vector<PoolOptions> PoolOptionsOf(const PoolSpec& spec, const TeacherCard& card,
                                       const std::vector<ImageSize>& sizes);

}  // namespace dfkd

#endif  // DFKD_TRAIN_POOL_BUDGET_H_
