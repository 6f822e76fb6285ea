// Small files in CIFAR's format, for tests: the real ones cannot be fetched by a build.
#ifndef DFKD_DATA_CIFAR_FORGE_H_
#define DFKD_DATA_CIFAR_FORGE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace dfkd {

// Writes all files of CIFAR-10 (classes = 10) or CIFAR-100 (classes = 100) into `folder`, which is
// made, with `records` records each. Record i of a file shows class i mod `classes` (coarse label:
// a fifth of it): a colour and a stripe that depend on the class alone, under noise of the seed, so
// that a small network can learn it.
absl::Status ForgeCifar(const std::string& folder, int64_t classes, int64_t records, uint64_t seed);

// One record's pixels, as in the file.
std::string ForgeCifarPixels(int64_t label, int64_t classes, uint64_t seed);

}  // namespace dfkd

#endif  // DFKD_DATA_CIFAR_FORGE_H_
