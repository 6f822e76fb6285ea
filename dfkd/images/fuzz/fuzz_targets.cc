#include "dfkd/images/fuzz/fuzz_targets.h"

#include <cstdio>
#include <cstdlib>

#include "absl/status/statusor.h"
#include "dfkd/images/image.h"
#include "dfkd/images/resize.h"

namespace dfkd {
namespace {

void Must(bool condition, const char* promise) {
  if (condition) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

}  // namespace

void FuzzImage(absl::string_view bytes) {
  const absl::StatusOr<Image> image = DecodeImage(bytes, ColorMode::kRgb);
  if (!image.ok()) {
    Must(!image.status().message().empty(), "a refusal says why");
    return;
  }
  Must(image->channels == 3, "pictures have the channels asked for");
  Must(CheckImageSize(image->width, image->height, static_cast<int64_t>(bytes.size())).ok(),
       "sizes are within the limits");
  Must(static_cast<int64_t>(image->pixels.size()) == 3 * image->height * image->width,
       "every pixel is there");
  const Image small = ResizeShorterSideAndCrop(*image, 8, 7, 8, ResizeFilter::kBicubic);
  Must(small.pixels.size() == 3 * 7 * 8, "what is read can be resized");
}

}  // namespace dfkd
