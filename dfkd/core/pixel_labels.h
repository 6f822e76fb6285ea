// Classes of pixels (Capability::kPixelLogits, kMasks) in place of images'. To a loss, a pixel then
// stands in the place of an image.
#ifndef DFKD_CORE_PIXEL_LABELS_H_
#define DFKD_CORE_PIXEL_LABELS_H_

#include <cstdint>

namespace dfkd {

// A pixel with this label is of no class: it costs nothing in a loss, and no measure counts it. So
// there may be up to 255 classes.
inline constexpr int64_t kIgnoredPixel = 255;

}  // namespace dfkd

#endif  // DFKD_CORE_PIXEL_LABELS_H_
