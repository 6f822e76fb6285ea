// The memory of synthesised images: 8-bit, append-only, one directory per resolution, on disk so
// that a run can be resumed and its images looked at later. They are read through a memory mapping:
// what fits stays in the system's page cache, what does not is read again.
//
// On disk: DIR/segment-NNNNNN.bin, each a header and blocks {images uint8 [n,C,H,W], labels int32,
// round int32, CRC32C} (segment.h). A checkpoint stores a cursor, not pixels; Restore(cursor) drops
// what was appended after it.
//
// One thread at a time.
#ifndef DFKD_POOL_POOL_H_
#define DFKD_POOL_POOL_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dfkd/core/files.h"
#include "dfkd/core/state.h"

namespace dfkd {

struct PoolOptions {
  int64_t channels = 3;
  int64_t height = 32;
  int64_t width = 32;
  int64_t max_images = 0;  // a ring of this many; 0: unbounded
  // With max_images: what comes once it is full is not kept, in place of the oldest.
  bool stop_when_full = false;
  int64_t segment_bytes = 64 << 20;
};

class Pool {
 public:
  // Opens DIR (made if absent) with whatever it holds; what a crash left behind the last whole
  // block is passed over. Images of another size are refused.
  static absl::StatusOr<std::unique_ptr<Pool>> Open(const std::string& dir,
                                                    const PoolOptions& options, FileSystem* files);

  // images [N, C, H, W] floating point in [0, 1], truncated (not rounded) to 8 bits as the official
  // NAYER code stores them, or uint8; labels [N] int64 (-1: none). Written, not yet synced. After
  // an error the pool is as before, and may be appended to again.
  absl::Status Append(const at::Tensor& images, const at::Tensor& labels, int64_t round);
  // Everything appended so far reaches the disk.
  absl::Status Sync();

  // Images that can be drawn (the ring's content).
  int64_t size() const;
  // Images ever appended.
  int64_t appended() const;

  // index [N] int64 in [0, size()), 0 the oldest still kept -> uint8 [N, C, H, W].
  at::Tensor Images(const at::Tensor& index) const;
  // int64 [N].
  at::Tensor Labels(const at::Tensor& index) const;

  // Cursor of what was appended so far (call Sync first), and back to it. A ring keeps the images
  // that the last two cursors need, since either may be the one to come back to.
  void Save(StateWriter writer) const;
  absl::Status Restore(const StateReader& reader);
  // Removes all images, those of earlier runs included.
  absl::Status Clear();

  const PoolOptions& options() const { return options_; }

  ~Pool();

 private:
  explicit Pool(const PoolOptions& options);
  PoolOptions options_;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dfkd

#endif  // DFKD_POOL_POOL_H_
