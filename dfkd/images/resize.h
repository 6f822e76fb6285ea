// Changes of size, with the bytes that Pillow and torchvision give.
#ifndef DFKD_IMAGES_RESIZE_H_
#define DFKD_IMAGES_RESIZE_H_

#include <cstdint>

#include "dfkd/images/image.h"

namespace dfkd {

enum class ResizeFilter { kBilinear, kBicubic };

// Pillow's Image.resize((width, height), filter): each output pixel is a weighted mean over the
// filter's support, which is as many times wider as the picture shrinks (antialiasing),
//
//   out(i) = sum_j f((j + 1/2 - (i + 1/2) s) / max(s, 1)) in(j) / sum_j f(…),   s = in / out,
//
// rows first, then columns, both rounded to bytes; weights in fixed point of 22 bits. f is the
// triangle, or Keys's cubic with a = -1/2. Pillow from version 13 on begins with the columns where
// those shrink much more than the rows, which moves some bytes by 1 or 2; teachers of today saw the
// order of all versions before it.
Image ResizeImage(const Image& image, int64_t height, int64_t width, ResizeFilter filter);

// Pillow's Image.resize((width, height), NEAREST), for pixels that are numbers of classes:
//
//   out(i) = in(floor((i + 1/2) s)),   s = in / out
Image ResizeNearest(const Image& image, int64_t height, int64_t width);

// torchvision's Resize(shorter_side) and CenterCrop((height, width)): the shorter side becomes
// `shorter_side`, the other in proportion, rounded down; the crop's offset is rounded half to even.
// Only what remains is computed. The crop may not be larger than `shorter_side`.
Image ResizeShorterSideAndCrop(const Image& image, int64_t shorter_side, int64_t height,
                               int64_t width, ResizeFilter filter);

}  // namespace dfkd

#endif  // DFKD_IMAGES_RESIZE_H_
