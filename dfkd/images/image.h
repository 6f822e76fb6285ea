// Pictures as bytes, and the one reader of picture files. No LibTorch here, so that fuzzers link
// little.
//
// A file gives the pixels that Pillow's Image.open(path).convert("RGB"), or .convert("L"), gives:
//
//   PNG   grey of 1, 2 and 4 bits is stretched to 8. 16-bit grey is cut off at 255, as Pillow does;
//         of other 16-bit samples the high byte is kept. Colours are looked up in the palette, what
//         lies outside of it is black. Alpha, transparent colours, gamma and colour profiles are
//         left out; interlaced pictures come out like plain ones. Of an animation: the first frame.
//   JPEG  baseline and progressive, Huffman or arithmetic coding, 8 bits; 1, 3 or 4 components.
//         CMYK and YCCK are taken as Adobe writes them, inverted. The orientation in EXIF data is
//         left out, as Pillow and torchvision do unless told otherwise. Other than Pillow: a file
//         that ends before its last scan does is refused at once.
#ifndef DFKD_IMAGES_IMAGE_H_
#define DFKD_IMAGES_IMAGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace dfkd {

struct Image {
  Image() = default;
  // All black.
  Image(int64_t channels, int64_t height, int64_t width)
      : channels(channels), height(height), width(width), pixels(channels * height * width) {}

  const uint8_t* plane(int64_t channel) const { return pixels.data() + channel * height * width; }
  uint8_t* plane(int64_t channel) { return pixels.data() + channel * height * width; }

  int64_t channels = 0;
  int64_t height = 0;
  int64_t width = 0;
  std::vector<uint8_t> pixels;  // [channels, height, width]
};

enum class ColorMode { kGrey, kRgb };  // 1 or 3 channels

// Looks at the content, never at a name. InputFileError says why the bytes are refused.
absl::StatusOr<Image> DecodeImage(absl::string_view bytes, ColorMode mode);

// The same for a file; its path comes first in the error.
absl::StatusOr<Image> ReadImage(const std::string& path, ColorMode mode);

// A picture whose pixels are numbers, not colours: a PNG file of 8-bit grey; anything else, such as
// a palette, would be given other numbers on the way and is refused.
absl::StatusOr<Image> ReadNumbers(const std::string& path);

// Whether a file of `bytes` bytes may hold a picture of this size. Looked at before any memory is
// taken for it: a thousand bytes cannot demand a gigabyte.
absl::Status CheckImageSize(int64_t width, int64_t height, int64_t bytes);

}  // namespace dfkd

#endif  // DFKD_IMAGES_IMAGE_H_
