// Statistics of a few runs. Means and deviations are report/results.h's Spread.
#ifndef DFKD_STUDY_STATISTICS_H_
#define DFKD_STUDY_STATISTICS_H_

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "absl/types/span.h"

namespace dfkd {

// By trapezoids, over points of rising x; 0 for fewer than two points.
double AreaUnderCurve(absl::Span<const std::pair<double, double>> points);

// Of the sorted values, by linear interpolation between the two nearest (numpy's default).
// `share` in [0, 1]; at least one value.
double Quantile(std::vector<double> values, double share);

struct Interval {
  double low = 0, high = 0;
};

// The percentile bootstrap's interval of the mean: `resamples` times as many of the values are
// drawn with replacement, and the interval leaves (1 - level) / 2 of their means on each side.
// Draw i of resample r takes the value at floor(n * (u >> 32) / 2^32), where u is the
// (r * n + i)-th number of SplitMix64 from `seed`: the same on every machine. Any number of values
// but none; of a single one both ends are that value.
struct BootstrapOptions {
  int64_t resamples = 10000;
  double level = 0.95;
  uint64_t seed = 0;
};
Interval BootstrapMean(const std::vector<double>& values, const BootstrapOptions& options = {});

// a - b for each seed that both have, by seed.
std::vector<std::pair<uint64_t, double>> PairedDifferences(const std::map<uint64_t, double>& a,
                                                           const std::map<uint64_t, double>& b);

// Of `seeds` seeds as many as `at_least` of `of`, rounded up: 4 of 5 are 3 of 3.
int64_t SeedsNeeded(int64_t at_least, int64_t of, int64_t seeds);

}  // namespace dfkd

#endif  // DFKD_STUDY_STATISTICS_H_
