// SHA-256 (FIPS 180-4), for fingerprints: two specs with one fingerprint are the same spec. A
// 64-bit hash is too short for that claim, and none of the pinned libraries has a longer one.
#ifndef DFKD_CORE_SHA256_H_
#define DFKD_CORE_SHA256_H_

#include <string>

#include "absl/strings/string_view.h"

namespace dfkd {

// 64 lower-case hexadecimal digits.
std::string Sha256Hex(absl::string_view bytes);

}  // namespace dfkd

#endif  // DFKD_CORE_SHA256_H_
