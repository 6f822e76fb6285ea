// ImageGrid, FirstOfEachClass and ImageGridByClass of png.h.
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <vector>

#include "dfkd/report/png.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

constexpr int64_t kLeastImageWidth = 48;
// Light grey: shows the edge of black as of white images, in a light as in a dark report.
constexpr int64_t kBackground = 0xb8;

// -> [N, 3, H * scale, W * scale] uint8 on the CPU.
at::Tensor Tiles(const at::Tensor& images, int64_t scale) {
  CHECK_EQ(images.dim(), 4);
  const int64_t n = images.size(0), c = images.size(1), h = images.size(2), w = images.size(3);
  CHECK(c == 1 || c == 3) << c << " channels";
  at::Tensor bytes = images.detach().cpu();
  if (bytes.scalar_type() != at::kByte) {
    bytes = bytes.to(at::kFloat).nan_to_num().clamp(0, 1).mul(255).round().to(at::kByte);
  }
  return bytes.reshape({n, c, h, 1, w, 1})
      .expand({n, 3, h, scale, w, scale})
      .reshape({n, 3, h * scale, w * scale});
}

int64_t Scale(const GridOptions& options, int64_t width) {
  if (options.scale > 0) return options.scale;
  return (kLeastImageWidth + width - 1) / width;
}

// cells: index of the image in each cell, row by row; -1: empty.
at::Tensor Arrange(const at::Tensor& images, const std::vector<int64_t>& cells, int64_t columns,
                   const GridOptions& options) {
  std::vector<int64_t> shown;
  std::copy_if(cells.begin(), cells.end(), std::back_inserter(shown),
               [](int64_t image) { return image >= 0; });
  const at::Tensor index = at::tensor(shown, images.options().dtype(at::kLong));
  const at::Tensor tiles = Tiles(images.index_select(0, index), Scale(options, images.size(3)));
  const int64_t height = tiles.size(2), width = tiles.size(3), margin = options.margin;
  const int64_t rows = (static_cast<int64_t>(cells.size()) + columns - 1) / columns;
  at::Tensor grid =
      at::full({3, rows * (height + margin) + margin, columns * (width + margin) + margin},
               kBackground, at::TensorOptions().dtype(at::kByte));
  int64_t tile = 0;
  for (size_t cell = 0; cell < cells.size(); ++cell) {
    if (cells[cell] < 0) continue;
    const int64_t row = static_cast<int64_t>(cell) / columns;
    const int64_t column = static_cast<int64_t>(cell) % columns;
    grid.narrow(1, margin + row * (height + margin), height)
        .narrow(2, margin + column * (width + margin), width)
        .copy_(tiles.select(0, tile++));
  }
  return grid;
}

}  // namespace

at::Tensor ImageGrid(const at::Tensor& images, const GridOptions& options) {
  std::vector<int64_t> cells(images.size(0));
  for (size_t i = 0; i < cells.size(); ++i) cells[i] = static_cast<int64_t>(i);
  const int64_t columns =
      std::clamp<int64_t>(options.columns, 1, std::max<int64_t>(1, cells.size()));
  return Arrange(images, cells, columns, options);
}

std::map<int64_t, std::vector<int64_t>> FirstOfEachClass(const at::Tensor& labels,
                                                         int64_t per_class, int64_t max_classes) {
  const at::Tensor classes = labels.detach().cpu().to(at::kLong).contiguous();
  std::map<int64_t, std::vector<int64_t>> members;
  for (int64_t i = 0; i < classes.numel(); ++i) {
    std::vector<int64_t>& of_class = members[classes.const_data_ptr<int64_t>()[i]];
    if (static_cast<int64_t>(of_class.size()) < per_class) of_class.push_back(i);
  }
  while (static_cast<int64_t>(members.size()) > max_classes) members.erase(--members.end());
  return members;
}

ClassGrid ImageGridByClass(const at::Tensor& images, const at::Tensor& labels,
                           const GridOptions& options, int64_t max_rows) {
  CHECK_EQ(images.size(0), labels.numel());
  CHECK_GE(labels.numel(), 1);
  const auto rows = FirstOfEachClass(labels, options.columns, max_rows);
  size_t columns = 1;
  for (const auto& [label, row] : rows) columns = std::max(columns, row.size());
  ClassGrid grid;
  std::vector<int64_t> cells;
  for (auto [label, row] : rows) {
    grid.classes.push_back(label);
    row.resize(columns, -1);
    cells.insert(cells.end(), row.begin(), row.end());
  }
  grid.image = Arrange(images, cells, static_cast<int64_t>(columns), options);
  return grid;
}

}  // namespace dfkd
