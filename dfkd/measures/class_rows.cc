#include "dfkd/measures/class_rows.h"

#include "dfkd/report/png.h"

namespace dfkd {

MeasuredPicture PictureByClass(const at::Tensor& images, const at::Tensor& labels,
                               const TeacherCard& card, int64_t per_class, int64_t classes) {
  GridOptions options;
  options.columns = per_class;
  const bool drawable = images.size(1) == 1 || images.size(1) == 3;
  const ClassGrid grid =
      ImageGridByClass(drawable ? images : images.narrow(1, 0, 1), labels, options, classes);
  MeasuredPicture picture;
  picture.image = grid.image;
  for (int64_t label : grid.classes) {
    picture.rows.push_back(label < 0 ? "any class" : card.class_name(static_cast<int>(label)));
  }
  return picture;
}

}  // namespace dfkd
