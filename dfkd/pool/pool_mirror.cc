#include "dfkd/pool/pool_mirror.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/remainder.h>
#include <c10/util/Exception.h>

#include <algorithm>

namespace dfkd {
namespace {

constexpr int64_t kImagesPerCopy = 4096;

}  // namespace

int64_t PoolMirror::BytesPerImage() const {
  const PoolOptions& size = pool_.options();
  return size.channels * size.height * size.width;
}

// A ring has its size from the start. Else twice as much as needed, so that growing costs little
// beside filling; images keep their places.
void PoolMirror::Grow(int64_t images) {
  const PoolOptions& size = pool_.options();
  const int64_t most = max_bytes_ / BytesPerImage();
  const int64_t capacity = size.max_images > 0 ? size.max_images : std::min(2 * images, most);
  at::Tensor grown = at::empty({capacity, size.channels, size.height, size.width},
                               at::TensorOptions().dtype(at::kByte).device(device_));
  if (copied_ > 0) grown.narrow(0, 0, copied_).copy_(images_.narrow(0, 0, copied_));
  images_ = grown;
}

bool PoolMirror::Update() {
  const int64_t appended = pool_.appended(), dropped = appended - pool_.size();
  const int64_t needed = pool_.options().max_images > 0 ? pool_.options().max_images : appended;
  if (needed * BytesPerImage() > max_bytes_) {
    images_ = at::Tensor();
    copied_ = 0;
    return false;
  }
  if (appended < copied_) copied_ = 0;  // the pool went back to a checkpoint
  if (!images_.defined() || images_.size(0) < needed) {
    try {
      Grow(needed);
    } catch (const c10::OutOfMemoryError&) {
      images_ = at::Tensor();  // what it held is in the file as well
      copied_ = 0;
      return false;
    }
  }
  const int64_t capacity = images_.size(0);
  for (int64_t k = std::max(copied_, dropped); k < appended;) {
    // Up to the end of the ring, where it begins again.
    const int64_t place = k % capacity;
    const int64_t count = std::min({appended - k, capacity - place, kImagesPerCopy});
    images_.narrow(0, place, count)
        .copy_(pool_.Images(at::arange(k - dropped, k - dropped + count, at::kLong)));
    k += count;
  }
  copied_ = appended;
  return true;
}

at::Tensor PoolMirror::Places(const at::Tensor& index) const {
  return at::remainder(index.add(pool_.appended() - pool_.size()), images_.size(0));
}

}  // namespace dfkd
