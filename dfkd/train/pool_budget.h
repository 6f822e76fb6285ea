// How many images of each size a run keeps, and shows to the student at once; how much that is.
#ifndef DFKD_TRAIN_POOL_BUDGET_H_
#define DFKD_TRAIN_POOL_BUDGET_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "dfkd/core/experiment.pb.h"
#include "dfkd/methods/method.h"
#include "dfkd/pool/pool.h"
#include "dfkd/report/pool_content.h"

namespace dfkd {

class Dataset;
class PoolSet;

// The outline's pools or, where it has none, one of the card's size that gets all of its images.
std::vector<PoolOutline> PoolsOf(const MethodOutline& outline, const TeacherCard& card);

// A pool for each of `pools`. A limit is shared equally among them, in its own unit: of a limit in
// pixels each takes the same number of pixels, whatever its size. At least one image each;
// max_images is 0 where there is no limit.
std::vector<PoolOptions> PoolOptionsOf(const PoolSpec& spec, const TeacherCard& card,
                                       const std::vector<PoolOutline>& pools);

// Of the images that are made for a pool, how many are in it at the end.
int64_t KeptImages(const PoolOptions& options, const PoolOutline& pool);

// Images that the teacher was trained on, as far as the run can tell: as the spec's data ratio
// says, else those of the data set's training split. `data` may be null.
std::optional<int64_t> OriginalImages(const PoolSpec& spec, const Dataset* data);

// What is in `pools` now. Without `original_images` there is no data ratio.
PoolContent ContentOf(const PoolSet& pools, const TeacherCard& card,
                      std::optional<int64_t> original_images);

// What the student's steps are made of, in turn: in each turn a batch of each of its pools, of
// student_batch images, which is set. `batch_size` is student.batch_size.
std::vector<std::vector<PoolOutline>> StudentTurns(const MethodOutline& outline,
                                                   const TeacherCard& card, int64_t batch_size);

}  // namespace dfkd

#endif  // DFKD_TRAIN_POOL_BUDGET_H_
