// The file of scikit-learn's digits: a digit a line, 64 pixels of 0 to 16 row by row and a label.
#ifndef DFKD_DATA_DIGITS_CSV_H_
#define DFKD_DATA_DIGITS_CSV_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace dfkd {

inline constexpr int64_t kDigitsCount = 1797;
inline constexpr int64_t kDigitsSize = 8;
inline constexpr int64_t kDigitsMaxPixel = 16;
inline constexpr int64_t kDigitsClasses = 10;

struct DigitsTable {
  at::Tensor images;  // [1797, 1, 8, 8] float32 in [0, 1]
  at::Tensor labels;  // [1797] int64
};

// InputFileError with path, line and column for anything but exactly that.
absl::StatusOr<DigitsTable> ParseDigitsCsv(absl::string_view text, absl::string_view path);

}  // namespace dfkd

#endif  // DFKD_DATA_DIGITS_CSV_H_
