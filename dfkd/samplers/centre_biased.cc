// Centres near the middle of the grid, as MUSE draws them.
//
//   P(r, c) ~ 1 / (1 + lambda ((r - R)^2 + (c - C)^2))
//
// Rows and columns count from 1. On a grid of G positions, along either side:
//
//   R = floor((G + 1) / 2)                       7 of 14, as the paper has it
//   first = r - 1 - floor((p - 1) / 2)           of an image of p patches around the centre r,
//                                                counting from 0: r - 3 to r + 3 for p = 7
//   floor((p - 1) / 2) + 1 <= r <= floor((p - 1) / 2) + 1 + G - p
//                                                keeps the image in the grid: 4 to 11 for p = 7
//
// The paper draws r and c from 2 to 12 of 14 (here: 2 to G - 2), and gives the offsets of the
// patches around the centre as -P, 0 and P, which are 9 patches and not 49. At lambda = 1, 17% of
// its draws put part of an image of 7 x 7 patches outside of the grid. `law` says what becomes of
// those.
//
// Source: MUSE (Tran et al., 2024), Appendix E, "Lower-resolution for Vision Transformer".
//
//   patch_sampler { [type.googleapis.com/dfkd.CentreBiasedConfig] { lambda: 1 } }
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/multinomial.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <cstdint>
#include <memory>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/samplers/centre_biased.pb.h"
#include "dfkd/samplers/patch_sampler.h"

namespace dfkd {
namespace {

// One side of the grid; centres count from 1.
struct Side {
  int64_t middle;       // R
  int64_t before;       // patches of an image in front of its centre
  int64_t low, high;    // centres that keep it in the grid
  int64_t first, last;  // centres that are drawn
};

Side MakeSide(int64_t grid, int64_t patches, CentreBiasedConfig::Law law) {
  Side side;
  side.middle = (grid + 1) / 2;
  side.before = (patches - 1) / 2;
  side.low = side.before + 1;
  side.high = side.low + grid - patches;
  const bool restricted = law == CentreBiasedConfig::RESTRICTED;
  side.first = restricted ? side.low : 2;
  side.last = restricted ? side.high : grid - 2;
  return side;
}

class CentreBiased : public PatchSampler {
 public:
  using Config = CentreBiasedConfig;

  static absl::StatusOr<std::unique_ptr<PatchSampler>> Create(const Config& config,
                                                              const PatchSamplerContext&) {
    return std::make_unique<CentreBiased>(config);
  }

  explicit CentreBiased(const Config& config) : config_(config) {}

  absl::Status Check(const PatchWindow& window) const override {
    DFKD_RETURN_IF_ERROR(CheckSide(window.grid_height, window.height));
    return CheckSide(window.grid_width, window.width);
  }

  at::Tensor Draw(int64_t count, const PatchWindow& window, RandomStream& random) const override {
    const Side rows = MakeSide(window.grid_height, window.height, config_.law());
    const Side columns = MakeSide(window.grid_width, window.width, config_.law());
    const at::Tensor r = at::arange(rows.first, rows.last + 1, at::kDouble) - rows.middle;
    const at::Tensor c = at::arange(columns.first, columns.last + 1, at::kDouble) - columns.middle;
    const at::Tensor distance = r.square().unsqueeze(1) + c.square();  // squared, [rows, columns]
    const at::Tensor weights = (1 + config_.lambda() * distance).reciprocal();
    const at::Tensor index =
        at::multinomial(weights.flatten(), count, /*replacement=*/true, random.Next());
    const int64_t width = c.size(0);
    return at::stack(
        {FirstPatch(rows, index.floor_divide(width)), FirstPatch(columns, index.remainder(width))},
        1);
  }

 private:
  // Of the centres that are drawn, number `index`.
  static at::Tensor FirstPatch(const Side& side, const at::Tensor& index) {
    return (index + side.first).clamp(side.low, side.high) - 1 - side.before;
  }

  absl::Status CheckSide(int64_t grid, int64_t patches) const {
    const Side side = MakeSide(grid, patches, config_.law());
    if (side.first > side.last) {
      return ConfigError(absl::StrCat("CentreBiasedConfig.law is ", Config::Law_Name(config_.law()),
                                      ", which draws centres 2 to G - 2; there are none on a grid "
                                      "of ",
                                      grid, " positions; choose RESTRICTED"));
    }
    if (config_.law() == Config::PAPER_2_12 && (side.first < side.low || side.last > side.high)) {
      return ConfigError(absl::StrCat(
          "CentreBiasedConfig.law is PAPER_2_12, which draws centres 2 to ", side.last,
          " on a grid of ", grid, " positions; an image of ", patches, " patches lies within it ",
          "only around centres ", side.low, " to ", side.high, "; choose RESTRICTED or CLAMP"));
    }
    return absl::OkStatus();
  }

  const Config config_;
};

DFKD_REGISTER_PLUGIN(PatchSampler, CentreBiased);

}  // namespace
}  // namespace dfkd
