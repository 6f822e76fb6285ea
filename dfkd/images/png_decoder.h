#ifndef DFKD_IMAGES_PNG_DECODER_H_
#define DFKD_IMAGES_PNG_DECODER_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/images/image.h"

namespace dfkd {

// image.h says what comes out.
absl::StatusOr<Image> DecodePng(absl::string_view bytes, ColorMode mode);

}  // namespace dfkd

#endif  // DFKD_IMAGES_PNG_DECODER_H_
