// What the fuzzer does with one input: decode it and, where it is accepted, hold the picture
// against what the reader promises. A broken promise ends the program.
#ifndef DFKD_IMAGES_FUZZ_FUZZ_TARGETS_H_
#define DFKD_IMAGES_FUZZ_FUZZ_TARGETS_H_

#include "absl/strings/string_view.h"

namespace dfkd {

void FuzzImage(absl::string_view bytes);

}  // namespace dfkd

#endif  // DFKD_IMAGES_FUZZ_FUZZ_TARGETS_H_
