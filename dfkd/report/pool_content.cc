#include "dfkd/report/pool_content.h"

namespace dfkd {

void PoolContent::AddTo(MetricsRow* row) const {
  (*row)["pool_images"] = static_cast<double>(images);
  (*row)["pool_pixels"] = static_cast<double>(pixels);
  (*row)["pool_images_per_class"] = images_per_class;
  if (data_ratio) (*row)["pool_data_ratio"] = *data_ratio;
}

}  // namespace dfkd
