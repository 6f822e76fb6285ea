#include "dfkd/data/digits_csv.h"

#include <ATen/ops/empty.h>

#include <charconv>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "dfkd/core/status.h"

namespace dfkd {
namespace {

constexpr int64_t kPixels = kDigitsSize * kDigitsSize;

// A whole number in [0, max], written in digits and nothing else; -1 otherwise.
int64_t ParseNumber(absl::string_view text, int64_t max) {
  int64_t value = -1;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  const bool whole = error == std::errc() && stop == end && text[0] != '-';
  return whole && value <= max ? value : -1;
}

absl::Status ParseLine(absl::string_view line, absl::string_view where, float* pixels,
                       int64_t* label) {
  const std::vector<absl::string_view> columns = absl::StrSplit(line, ',');
  if (columns.size() != kPixels + 1) {
    return InputFileError(absl::StrCat(where, ": ", columns.size(), " columns; must be ",
                                       kPixels + 1, ", the pixels and the label"));
  }
  for (int64_t i = 0; i <= kPixels; ++i) {
    const int64_t max = i < kPixels ? kDigitsMaxPixel : kDigitsClasses - 1;
    const int64_t value = ParseNumber(columns[i], max);
    if (value < 0) {
      return InputFileError(absl::StrCat(where, ": column ", i + 1, " is \"", columns[i],
                                         "\"; must be a whole number in [0, ", max, "]"));
    }
    if (i < kPixels) {
      pixels[i] = static_cast<float>(value) / kDigitsMaxPixel;
    } else {
      *label = value;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<DigitsTable> ParseDigitsCsv(absl::string_view text, absl::string_view path) {
  std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  if (lines.back().empty()) lines.pop_back();  // what follows the last line's end
  if (lines.size() != kDigitsCount) {
    return InputFileError(
        absl::StrCat(path, ": ", lines.size(), " lines; must be ", kDigitsCount, ", a digit each"));
  }
  DigitsTable table = {at::empty({kDigitsCount, 1, kDigitsSize, kDigitsSize}, at::kFloat),
                       at::empty({kDigitsCount}, at::kLong)};
  auto* pixels = table.images.mutable_data_ptr<float>();
  auto* labels = table.labels.mutable_data_ptr<int64_t>();
  for (int64_t i = 0; i < kDigitsCount; ++i) {
    DFKD_RETURN_IF_ERROR(
        ParseLine(lines[i], absl::StrCat(path, ":", i + 1), pixels + i * kPixels, labels + i));
  }
  return table;
}

}  // namespace dfkd
