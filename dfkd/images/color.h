// Colours as Pillow converts them.
#ifndef DFKD_IMAGES_COLOR_H_
#define DFKD_IMAGES_COLOR_H_

#include <algorithm>
#include <cstdint>

namespace dfkd {

// ITU-R 601-2 luma in fixed point: L = 0.299 R + 0.587 G + 0.114 B. Of equal R, G and B: their
// value.
inline uint8_t Luma(int red, int green, int blue) {
  return static_cast<uint8_t>((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16);
}

// R, G or B of one ink and black, all of them 0 (none) to 255: 255 - K - C (255 - K) / 255.
inline uint8_t FromInk(int ink, int black) {
  const int left = 255 - black;
  const int product = ink * left + 128;
  return static_cast<uint8_t>(std::clamp(left - (((product >> 8) + product) >> 8), 0, 255));
}

}  // namespace dfkd

#endif  // DFKD_IMAGES_COLOR_H_
