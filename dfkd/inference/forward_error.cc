#include "dfkd/inference/forward_error.h"

#include "absl/strings/str_cat.h"

namespace dfkd {

std::string DoNotGoThrough(int64_t channels, int64_t height, int64_t width,
                           const c10::Error& error) {
  const std::string text = error.what_without_backtrace();
  return absl::StrCat("images of ", channels, " channels and ", height, "x", width,
                      " pixels do not go through the model: ", text.substr(0, text.find('\n')));
}

}  // namespace dfkd
