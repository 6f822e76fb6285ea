// What a person is told of images that an architecture cannot take.
#ifndef DFKD_INFERENCE_FORWARD_ERROR_H_
#define DFKD_INFERENCE_FORWARD_ERROR_H_

#include <c10/util/Exception.h>

#include <cstdint>
#include <string>

namespace dfkd {

// "images of 3 channels and 8x8 pixels do not go through the model: " and the first line of what
// LibTorch threw.
std::string DoNotGoThrough(int64_t channels, int64_t height, int64_t width,
                           const c10::Error& error);

}  // namespace dfkd

#endif  // DFKD_INFERENCE_FORWARD_ERROR_H_
