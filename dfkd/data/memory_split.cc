#include <ATen/core/Tensor.h>
#include <ATen/ops/index_select.h>

#include <utility>

#include "dfkd/data/dataset.h"
#include "glog/logging.h"

namespace dfkd {

MemorySplit::MemorySplit(at::Tensor images, at::Tensor labels)
    : images_(std::move(images)), labels_(std::move(labels)) {
  CHECK_EQ(images_.dim(), 4) << "images are [N, C, H, W]";
  CHECK(images_.scalar_type() == at::kByte || images_.scalar_type() == at::kFloat)
      << "images are uint8 or float32, not " << images_.scalar_type();
  CHECK(labels_.dim() == 1 && labels_.scalar_type() == at::kLong) << "labels are [N] int64";
  CHECK_EQ(images_.size(0), labels_.size(0)) << "one label per image";
}

int64_t MemorySplit::size() const { return labels_.size(0); }

absl::StatusOr<at::Tensor> MemorySplit::Images(const at::Tensor& index) const {
  const at::Tensor images = at::index_select(images_, 0, index);
  if (images.scalar_type() == at::kFloat) return images;
  return images.to(at::kFloat).div_(255);
}

}  // namespace dfkd
