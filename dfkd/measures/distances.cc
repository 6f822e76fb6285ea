#include "dfkd/measures/distances.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/cdist.h>

#include <algorithm>
#include <functional>
#include <tuple>
#include <vector>

#include "glog/logging.h"

namespace dfkd {
namespace {

// summarize(distances [n, M], first row) of as many rows at a time as fit into 64 MB.
at::Tensor ByRows(const at::Tensor& from, const at::Tensor& to,
                  const std::function<at::Tensor(const at::Tensor&, int64_t)>& summarize) {
  constexpr int64_t kMostEntries = int64_t{16} << 20;
  // Differences summed, not products: close neighbours keep their digits.
  constexpr int64_t kWithoutProducts = 2;
  const int64_t rows = std::max<int64_t>(1, kMostEntries / std::max<int64_t>(1, to.size(0)));
  std::vector<at::Tensor> parts;
  for (int64_t begin = 0; begin < from.size(0); begin += rows) {
    const at::Tensor some = from.narrow(0, begin, std::min(rows, from.size(0) - begin));
    parts.push_back(summarize(at::cdist(some, to, 2, kWithoutProducts), begin));
  }
  return at::cat(parts);
}

}  // namespace

at::Tensor NearestDistances(const at::Tensor& from, const at::Tensor& to) {
  return ByRows(from, to, [](const at::Tensor& distances, int64_t) { return distances.amin(1); });
}

at::Tensor NeighbourDistances(const at::Tensor& rows, int64_t k) {
  CHECK_GE(k, 1);
  CHECK_LT(k, rows.size(0));
  // The nearest is the row itself, at distance 0.
  return ByRows(rows, rows, [k](const at::Tensor& distances, int64_t) {
    return std::get<0>(distances.kthvalue(k + 1, 1));
  });
}

at::Tensor CountWithin(const at::Tensor& centres, const at::Tensor& radii,
                       const at::Tensor& points) {
  return ByRows(centres, points, [&radii](const at::Tensor& distances, int64_t begin) {
    return distances.lt(radii.narrow(0, begin, distances.size(0)).unsqueeze(1)).sum(1);
  });
}

}  // namespace dfkd
