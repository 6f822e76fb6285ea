#include "dfkd/metrics/normalized_batches.h"

#include <ATen/ops/arange.h>

#include <algorithm>

#include "dfkd/augmentations/normalizer.h"
#include "dfkd/core/status.h"
#include "dfkd/data/batch_loader.h"
#include "glog/logging.h"

namespace dfkd {

absl::Status ForEachNormalizedBatch(
    const Split& split, const TeacherCard& card, int64_t batch_size, at::Device device,
    const std::function<absl::Status(const at::Tensor& images, const at::Tensor& labels)>& visit) {
  CHECK_GT(batch_size, 0);
  if (split.size() == 0) return InputFileError("the split to evaluate on has no images");
  DFKD_ASSIGN_OR_RETURN(const Normalizer normalizer,
                        Normalizer::Create(card.normalization(), card.channels(), device));
  const int64_t batches = (split.size() + batch_size - 1) / batch_size;
  int64_t start = 0;
  BatchLoader loader(split, batches, [&] {
    const int64_t first = start;
    start = std::min(start + batch_size, split.size());
    return at::arange(first, start, at::kLong);
  });
  for (int64_t i = 0; i < batches; ++i) {
    DFKD_ASSIGN_OR_RETURN(const LabelledBatch batch, loader.Next());
    DFKD_RETURN_IF_ERROR(visit(normalizer.Apply(batch.images.to(device)), batch.labels.to(device)));
  }
  return absl::OkStatus();
}

}  // namespace dfkd
