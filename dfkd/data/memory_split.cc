#include <ATen/core/Tensor.h>
#include <ATen/ops/index_select.h>

#include <utility>

#include "dfkd/data/dataset.h"
#include "glog/logging.h"

namespace dfkd {

MemorySplit::MemorySplit(at::Tensor images, at::Tensor labels, at::Tensor masks)
    : images_(std::move(images)), labels_(std::move(labels)), masks_(std::move(masks)) {
  CHECK_EQ(images_.dim(), 4) << "images are [N, C, H, W]";
  CHECK(images_.scalar_type() == at::kByte || images_.scalar_type() == at::kFloat)
      << "images are uint8 or float32, not " << images_.scalar_type();
  CHECK(labels_.dim() == 1 && labels_.scalar_type() == at::kLong) << "labels are [N] int64";
  CHECK_EQ(images_.size(0), labels_.size(0)) << "one label per image";
  if (!masks_.defined()) return;
  CHECK(masks_.scalar_type() == at::kByte &&
        masks_.sizes() == at::IntArrayRef({images_.size(0), images_.size(2), images_.size(3)}))
      << "masks are [N, H, W] uint8";
}

int64_t MemorySplit::size() const { return labels_.size(0); }

absl::StatusOr<at::Tensor> MemorySplit::Images(const at::Tensor& index) const {
  const at::Tensor images = at::index_select(images_, 0, index);
  if (images.scalar_type() == at::kFloat) return images;
  return images.to(at::kFloat).div_(255);
}

absl::StatusOr<at::Tensor> MemorySplit::Masks(const at::Tensor& index) const {
  return masks_.defined() ? at::index_select(masks_, 0, index) : at::Tensor();
}

}  // namespace dfkd
