// Which attributes of a shape make its class, and what its class is called.
#ifndef DFKD_DATA_SHAPE_CLASSES_H_
#define DFKD_DATA_SHAPE_CLASSES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "dfkd/data/shape_scene.h"
#include "dfkd/data/shapes.pb.h"

namespace dfkd {

// Forms x colours ... of the attributes that count.
int64_t CountShapeClasses(const ShapesConfig& config);

// In this order, as far as they count: "outlined red striped circle". Without its form a shape is a
// "shape".
std::vector<std::string> ShapeClassNames(const ShapesConfig& config);

// Picture i is of class i mod K: every K in turn show each class once.
int64_t ShapeLabel(const ShapesConfig& config, int64_t index);

// Picture `index` of the split ("train", "validation", "test"), of its class; attributes that do
// not count stay as they were drawn. Place, angle, clutter and the like are the same whichever
// attributes count.
ShapeScene DrawShape(const ShapesConfig& config, absl::string_view split, int64_t index);

}  // namespace dfkd

#endif  // DFKD_DATA_SHAPE_CLASSES_H_
