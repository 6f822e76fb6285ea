#include "dfkd/data/batch_loader.h"

#include <ATen/ops/index_select.h>

#include <utility>

#include "dfkd/core/status.h"
#include "glog/logging.h"

namespace dfkd {

BatchLoader::BatchLoader(const Split& split, int64_t count, std::function<at::Tensor()> next_index)
    : split_(split), left_(count), next_index_(std::move(next_index)) {}

absl::StatusOr<LabelledBatch> BatchLoader::Next() {
  while (left_ > 0 && ahead_.size() <= kAhead) {
    ahead_.push_back(next_index_());
    split_.Prefetch(ahead_.back());
    --left_;
  }
  CHECK(!ahead_.empty()) << "no batch is left";
  const at::Tensor index = std::move(ahead_.front());
  ahead_.pop_front();
  LabelledBatch batch;
  DFKD_ASSIGN_OR_RETURN(batch.images, split_.Images(index));
  if (split_.has_masks()) {
    DFKD_ASSIGN_OR_RETURN(batch.labels, split_.Masks(index));
  } else {
    batch.labels = at::index_select(split_.labels(), 0, index);
  }
  return batch;
}

}  // namespace dfkd
