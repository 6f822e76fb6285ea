// Networks and data that give a class to each pixel of an image, in place of the image.
#ifndef DFKD_CORE_PIXEL_LABELS_H_
#define DFKD_CORE_PIXEL_LABELS_H_

#include <cstdint>

#include "dfkd/core/contract.h"

namespace dfkd {

// Of a model: ModelOutput::logits are [N, K, H, W], a row for each pixel. To a loss, a pixel then
// stands in the place of an image.
inline constexpr Capability kPixelLogits{1u << 16};
// Of a data set: its splits have masks, and labels are those of pixels, [N, H, W].
inline constexpr Capability kMasks{1u << 17};

// A pixel with this label is of no class: neither losses nor measures count it. So there may be up
// to 255 classes.
inline constexpr int64_t kIgnoredPixel = 255;

}  // namespace dfkd

#endif  // DFKD_CORE_PIXEL_LABELS_H_
