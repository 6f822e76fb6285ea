// Pictures of image batches.
#ifndef DFKD_REPORT_PNG_H_
#define DFKD_REPORT_PNG_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace dfkd {

struct GridOptions {
  int64_t columns = 10;
  int64_t scale = 0;     // pixels per image pixel, nearest neighbour; 0: so that an image is >= 48 wide
  int64_t margin = 2;    // pixels between images
};

// images [N, C, H, W], C = 1 or 3, float in [0, 1] or uint8 -> [3, H', W'] uint8.
at::Tensor ImageGrid(const at::Tensor& images, const GridOptions& options);
// [C, H, W] uint8 with C = 1 or 3 -> a PNG file's bytes. Equal pixels give equal bytes.
absl::StatusOr<std::string> EncodePng(const at::Tensor& image);

}  // namespace dfkd

#endif  // DFKD_REPORT_PNG_H_
