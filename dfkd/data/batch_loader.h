// Batches of a split in an order that is known ahead, so that the split can make the next ones
// while the caller works on one.
//
//   BatchLoader loader(split, steps, [&] { return order.Next(); });
//   for (int64_t step = 0; step < steps; ++step) {
//     DFKD_ASSIGN_OR_RETURN(const LabelledBatch batch, loader.Next());
#ifndef DFKD_DATA_BATCH_LOADER_H_
#define DFKD_DATA_BATCH_LOADER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <deque>
#include <functional>

#include "absl/status/statusor.h"
#include "dfkd/data/dataset.h"

namespace dfkd {

struct LabelledBatch {
  at::Tensor images;  // [N, C, H, W] float32 in [0, 1]
  at::Tensor labels;  // [N] int64, or of a split with masks [N, H, W] uint8
};

class BatchLoader {
 public:
  // `next_index` is called `count` times, up to kAhead batches before its index is loaded.
  BatchLoader(const Split& split, int64_t count, std::function<at::Tensor()> next_index);

  // The next batch; to be called at most `count` times. Reading errors come with the batch that
  // they belong to.
  absl::StatusOr<LabelledBatch> Next();

  static constexpr size_t kAhead = 2;

 private:
  const Split& split_;
  int64_t left_;  // to be asked of next_index_
  std::function<at::Tensor()> next_index_;
  std::deque<at::Tensor> ahead_;
};

}  // namespace dfkd

#endif  // DFKD_DATA_BATCH_LOADER_H_
