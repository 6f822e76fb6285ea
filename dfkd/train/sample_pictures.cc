#include "dfkd/train/sample_pictures.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <vector>

namespace dfkd {

Method::Samples NewestPerClass(const Pool& pool, int64_t num_classes, int64_t per_class,
                               int64_t max_classes) {
  const int64_t classes = std::min(num_classes, max_classes);
  // Far enough back that balanced batches show every class.
  const int64_t window = std::min(pool.size(), 4 * num_classes * per_class);
  if (window == 0) return {};
  const at::Tensor newest_first =
      at::arange(pool.size() - 1, pool.size() - 1 - window, -1, at::kLong);
  const at::Tensor labels = pool.Labels(newest_first);
  std::vector<std::vector<int64_t>> chosen(classes);
  const int64_t* label = labels.data_ptr<int64_t>();
  for (int64_t i = 0; i < window; ++i) {
    if (label[i] < 0 || label[i] >= classes) continue;
    std::vector<int64_t>& row = chosen[label[i]];
    if (static_cast<int64_t>(row.size()) < per_class) row.push_back(pool.size() - 1 - i);
  }
  std::vector<int64_t> index;
  for (const auto& row : chosen) index.insert(index.end(), row.begin(), row.end());
  // Images that show no class in particular, as of a teacher that labels pixels.
  if (index.empty() && labels.lt(0).all().item<bool>()) {
    const int64_t count = std::min(window, per_class * per_class);
    for (int64_t i = 0; i < count; ++i) index.push_back(pool.size() - 1 - i);
  }
  if (index.empty()) return {};
  const at::Tensor order = at::tensor(index, at::kLong);
  return {pool.Images(order), pool.Labels(order)};
}

}  // namespace dfkd
