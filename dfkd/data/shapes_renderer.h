// Pictures of shapes, drawn with anti-aliased edges from signed distances.
#ifndef DFKD_DATA_SHAPES_RENDERER_H_
#define DFKD_DATA_SHAPES_RENDERER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "dfkd/data/shape_scene.h"

namespace dfkd {

struct ShapePictures {
  at::Tensor images;  // [N, 3, H, W] uint8
  // [N, H, W] uint8: 1 + the form's number where the shape covers at least half of a pixel, else 0.
  // The inside of an outlined shape is background.
  at::Tensor masks;
};

// Equal scenes give equal bytes, whatever stands beside them and however many threads draw.
ShapePictures RenderShapes(const std::vector<ShapeScene>& scenes, int64_t height, int64_t width);

}  // namespace dfkd

#endif  // DFKD_DATA_SHAPES_RENDERER_H_
