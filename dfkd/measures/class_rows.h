// Pictures that show a class a row.
#ifndef DFKD_MEASURES_CLASS_ROWS_H_
#define DFKD_MEASURES_CLASS_ROWS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "dfkd/core/experiment.pb.h"
#include "dfkd/measures/measure.h"

namespace dfkd {

// images [N, C, H, W] float in [0, 1]; labels [N], -1: unknown. Of each of the first `classes`
// classes the first `per_class` images; a row is titled by its class. Channels beyond the first
// stay out where there are neither one nor three. Name and caption are the caller's to set.
MeasuredPicture PictureByClass(const at::Tensor& images, const at::Tensor& labels,
                               const TeacherCard& card, int64_t per_class, int64_t classes);

}  // namespace dfkd

#endif  // DFKD_MEASURES_CLASS_ROWS_H_
