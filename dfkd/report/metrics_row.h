// Numbers of one epoch, and their means over its steps.
#ifndef DFKD_REPORT_METRICS_ROW_H_
#define DFKD_REPORT_METRICS_ROW_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>

#include "absl/strings/string_view.h"

namespace dfkd {

// One row of metrics.csv, by column name.
using MetricsRow = std::map<std::string, double>;

// Means of values over a round. Tensors are summed where they lie, without a synchronisation.
class RoundMeans {
 public:
  // value: a scalar tensor (detached here) or a number.
  void Add(absl::string_view name, const at::Tensor& value);
  void Add(absl::string_view name, double value);
  // Means so far; then empty again.
  MetricsRow Take();

 private:
  struct Sum {
    at::Tensor tensor;  // float64; undefined until a tensor was added
    double number = 0;
    int64_t count = 0;
  };
  std::map<std::string, Sum, std::less<>> sums_;
};

}  // namespace dfkd

#endif  // DFKD_REPORT_METRICS_ROW_H_
