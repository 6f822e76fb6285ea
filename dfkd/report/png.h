// Pictures of image batches.
#ifndef DFKD_REPORT_PNG_H_
#define DFKD_REPORT_PNG_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace dfkd {

struct GridOptions {
  int64_t columns = 10;
  int64_t scale =
      0;  // pixels per image pixel, nearest neighbour; 0: so that an image is >= 48 wide
  int64_t margin = 2;  // pixels between images
};

// images [N, C, H, W], C = 1 or 3, float in [0, 1] or uint8 -> [3, H', W'] uint8.
at::Tensor ImageGrid(const at::Tensor& images, const GridOptions& options);

// By label, the indices of the first `per_class` images of each of the first `max_classes` classes
// that have any. labels [N] int64.
std::map<int64_t, std::vector<int64_t>> FirstOfEachClass(const at::Tensor& labels,
                                                         int64_t per_class, int64_t max_classes);

struct ClassGrid {
  at::Tensor image;              // [3, H', W'] uint8
  std::vector<int64_t> classes;  // of each row
};

// One class a row, in order of the labels; of each class the first `columns` images, of all classes
// the first `max_rows`. A row that has fewer images ends in empty cells. labels [N] int64, N >= 1.
ClassGrid ImageGridByClass(const at::Tensor& images, const at::Tensor& labels,
                           const GridOptions& options, int64_t max_rows = 100);

// Texts by keyword (1 to 79 printable ASCII characters); values are UTF-8.
using PngTexts = std::map<std::string, std::string, std::less<>>;

// [C, H, W] uint8 with C = 1 or 3 -> a PNG file's bytes. Equal pixels and texts give equal bytes.
absl::StatusOr<std::string> EncodePng(const at::Tensor& image, const PngTexts& texts = {});

struct PngInfo {
  int64_t width = 0;
  int64_t height = 0;
  PngTexts texts;
};

// Size and texts of a PNG file that EncodePng wrote; pixels are not decoded. Any other bytes are
// refused, or their texts ignored.
absl::StatusOr<PngInfo> ReadPngInfo(absl::string_view png);

}  // namespace dfkd

#endif  // DFKD_REPORT_PNG_H_
