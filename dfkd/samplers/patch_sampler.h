// Which of its positions a vision transformer gives to an image that is smaller than their grid.
// Plugins of category "patch_sampler".
#ifndef DFKD_SAMPLERS_PATCH_SAMPLER_H_
#define DFKD_SAMPLERS_PATCH_SAMPLER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "absl/status/status.h"
#include "dfkd/core/random_stream.h"

namespace dfkd {

// In patches. The image lies within the grid: height <= grid_height, width <= grid_width.
struct PatchWindow {
  int64_t grid_height = 0;
  int64_t grid_width = 0;
  int64_t height = 0;
  int64_t width = 0;

  bool FillsGrid() const { return height == grid_height && width == grid_width; }
};

struct PatchSamplerContext {};

class PatchSampler {
 public:
  static constexpr char kCategory[] = "patch_sampler";
  using Context = PatchSamplerContext;

  virtual ~PatchSampler() = default;
  // ConfigError where places of such an image cannot be drawn.
  virtual absl::Status Check(const PatchWindow& window) const = 0;
  // For a window that passed: row and column of the first patch of each of `count` images, [count,
  // 2] int64 on the CPU, in [0, grid_height - height] and [0, grid_width - width]. One draw from
  // `random`.
  virtual at::Tensor Draw(int64_t count, const PatchWindow& window, RandomStream& random) const = 0;
};

}  // namespace dfkd

#endif  // DFKD_SAMPLERS_PATCH_SAMPLER_H_
