// How many images of each size a run keeps, and shows to the student at once.
#ifndef DFKD_TRAIN_POOL_BUDGET_H_
#define DFKD_TRAIN_POOL_BUDGET_H_

#include <cstdint>
#include <vector>

#include "dfkd/core/experiment.pb.h"
#include "dfkd/methods/method.h"
#include "dfkd/pool/pool.h"

namespace dfkd {

// The outline's pools or, where it has none, one of the card's size that gets all of its images.
std::vector<PoolOutline> PoolsOf(const MethodOutline& outline, const TeacherCard& card);

// A pool for each of `pools`. A limit is shared equally among them, in its own unit: of a limit in
// pixels each takes the same number of pixels, whatever its size. At least one image each;
// max_images is 0 where there is no limit.
std::vector<PoolOptions> PoolOptionsOf(const PoolSpec& spec, const TeacherCard& card,
                                       const std::vector<PoolOutline>& pools);

// Of the images that are made for a pool, how many are in it at the end.
int64_t KeptImages(const PoolOptions& options, const PoolOutline& pool);

// What the student's steps are made of, in turn: in each turn a batch of each of its pools, of
// student_batch images, which is set. `batch_size` is student.batch_size.
std::vector<std::vector<PoolOutline>> StudentTurns(const MethodOutline& outline,
                                                   const TeacherCard& card, int64_t batch_size);

}  // namespace dfkd

#endif  // DFKD_TRAIN_POOL_BUDGET_H_
