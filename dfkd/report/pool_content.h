// What a stage's pools hold: the budget that publications state beside an accuracy.
#ifndef DFKD_REPORT_POOL_CONTENT_H_
#define DFKD_REPORT_POOL_CONTENT_H_

#include <cstdint>
#include <optional>

#include "dfkd/report/metrics_row.h"

namespace dfkd {

// Counted in pixels, height x width of each image, so that four images of 112 pixels are as much as
// one of 224 (MUSE, section 4.1).
struct PoolContent {
  int64_t images = 0;
  int64_t pixels = 0;
  // IPC: `pixels` in images of the teacher's size, for each class.
  double images_per_class = 0;
  // `pixels` in % of those that the teacher was trained on; nothing where these are not known.
  std::optional<double> data_ratio;

  // Columns pool_images, pool_pixels, pool_images_per_class and pool_data_ratio.
  void AddTo(MetricsRow* row) const;
};

}  // namespace dfkd

#endif  // DFKD_REPORT_POOL_CONTENT_H_
