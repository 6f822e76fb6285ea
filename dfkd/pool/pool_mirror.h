// A copy of a pool's images in a device's memory, where batches are drawn without the host.
#ifndef DFKD_POOL_POOL_MIRROR_H_
#define DFKD_POOL_POOL_MIRROR_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>

#include "dfkd/pool/pool.h"

namespace dfkd {

class PoolMirror {
 public:
  // `pool` outlives it.
  PoolMirror(const Pool& pool, at::Device device, int64_t max_bytes)
      : pool_(pool), device_(device), max_bytes_(max_bytes) {}

  // Copies the images that were appended since the last time. False, and nothing is held, where the
  // pool's images take more than max_bytes.
  bool Update();

  // uint8 [M, C, H, W] on the device, and where among them the pool's image index[n] lies, int64
  // [N] on the CPU. After an Update that succeeded, until the pool changes.
  const at::Tensor& images() const { return images_; }
  at::Tensor Places(const at::Tensor& index) const;

 private:
  int64_t BytesPerImage() const;
  void Grow(int64_t images);

  const Pool& pool_;
  const at::Device device_;
  const int64_t max_bytes_;
  at::Tensor images_;   // image k of all that were ever appended at k % M
  int64_t copied_ = 0;  // of all that were ever appended
};

}  // namespace dfkd

#endif  // DFKD_POOL_POOL_MIRROR_H_
