#include "dfkd/study/statistics.h"

#include <algorithm>
#include <cmath>

#include "glog/logging.h"

namespace dfkd {
namespace {

// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): two lines, and equal everywhere.
class SplitMix64 {
 public:
  explicit SplitMix64(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

 private:
  uint64_t state_;
};

}  // namespace

double AreaUnderCurve(absl::Span<const std::pair<double, double>> points) {
  double area = 0;
  for (size_t i = 1; i < points.size(); ++i) {
    area += (points[i].first - points[i - 1].first) * (points[i].second + points[i - 1].second) / 2;
  }
  return area;
}

double Quantile(std::vector<double> values, double share) {
  CHECK(!values.empty());
  std::sort(values.begin(), values.end());
  const double place = share * static_cast<double>(values.size() - 1);
  const size_t below = static_cast<size_t>(std::floor(place));
  const size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - std::floor(place)) * (values[above] - values[below]);
}

Interval BootstrapMean(const std::vector<double>& values, const BootstrapOptions& options) {
  CHECK(!values.empty());
  const uint64_t count = values.size();
  SplitMix64 random(options.seed);
  std::vector<double> means(options.resamples);
  for (double& mean : means) {
    double sum = 0;
    for (uint64_t i = 0; i < count; ++i) sum += values[((random.Next() >> 32) * count) >> 32];
    mean = sum / static_cast<double>(count);
  }
  const double outside = (1 - options.level) / 2;
  return {Quantile(means, outside), Quantile(means, 1 - outside)};
}

std::vector<std::pair<uint64_t, double>> PairedDifferences(const std::map<uint64_t, double>& a,
                                                           const std::map<uint64_t, double>& b) {
  std::vector<std::pair<uint64_t, double>> differences;
  for (const auto& [seed, value] : a) {
    const auto other = b.find(seed);
    if (other != b.end()) differences.emplace_back(seed, value - other->second);
  }
  return differences;
}

int64_t SeedsNeeded(int64_t at_least, int64_t of, int64_t seeds) {
  return (at_least * seeds + of - 1) / of;
}

}  // namespace dfkd
