#include "dfkd/images/image.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/status.h"
#include "dfkd/images/jpeg_decoder.h"
#include "dfkd/images/png_decoder.h"

namespace dfkd {
namespace {

constexpr int64_t kMaxFileBytes = int64_t{1} << 28;
constexpr int64_t kMaxSide = 65500;         // JPEG's own limit in libjpeg
constexpr int64_t kMaxPixels = 178956970;   // where Pillow takes a file for a bomb
constexpr int64_t kFreePixels = 1 << 22;    // 2048 x 2048, whatever the file's size
constexpr int64_t kMaxPixelsPerByte = 512;  // beyond that

constexpr absl::string_view kPngSignature("\x89PNG\r\n\x1a\n", 8);
constexpr absl::string_view kJpegSignature("\xff\xd8\xff", 3);

}  // namespace

absl::Status CheckImageSize(int64_t width, int64_t height, int64_t bytes) {
  if (width < 1 || height < 1 || width > kMaxSide || height > kMaxSide) {
    return InputFileError(absl::StrCat("the picture is ", width, " x ", height,
                                       " pixels; each side must be in [1, ", kMaxSide, "]"));
  }
  const int64_t pixels = width * height;
  if (pixels > kMaxPixels) {
    return InputFileError(absl::StrCat("the picture is ", width, " x ", height,
                                       " pixels; more than ", kMaxPixels, " are refused"));
  }
  if (pixels > kFreePixels + kMaxPixelsPerByte * bytes) {
    return InputFileError(absl::StrCat("the picture is ", width, " x ", height, " pixels in ",
                                       bytes, " bytes; above ", kFreePixels, " pixels a file has ",
                                       "at least a byte for ", kMaxPixelsPerByte, " of them"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Image> DecodeImage(absl::string_view bytes, ColorMode mode) {
  if (absl::StartsWith(bytes, kPngSignature)) return DecodePng(bytes, mode);
  if (absl::StartsWith(bytes, kJpegSignature)) return DecodeJpeg(bytes, mode);
  return InputFileError("is neither a PNG nor a JPEG file");
}

absl::StatusOr<Image> ReadImage(const std::string& path, ColorMode mode) {
  DFKD_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path, kMaxFileBytes));
  absl::StatusOr<Image> image = DecodeImage(bytes, mode);
  if (!image.ok()) return Annotate(image.status(), path);
  return image;
}

absl::StatusOr<Image> ReadNumbers(const std::string& path) {
  DFKD_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path, kMaxFileBytes));
  // The first chunk is IHDR: behind width and height stand the bits of a sample and the colour
  // type, 0 for grey.
  constexpr size_t kBits = 24, kColourType = 25;
  if (bytes.size() <= kColourType || !absl::StartsWith(bytes, kPngSignature) || bytes[kBits] != 8 ||
      bytes[kColourType] != 0) {
    return InputFileError(absl::StrCat(
        path, " is no PNG file of 8-bit grey; each pixel must hold the number of its class"));
  }
  absl::StatusOr<Image> image = DecodePng(bytes, ColorMode::kGrey);
  if (!image.ok()) return Annotate(image.status(), path);
  return image;
}

}  // namespace dfkd
