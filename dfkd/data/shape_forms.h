// The outlines that rendered shapes have, as signed distances.
#ifndef DFKD_DATA_SHAPE_FORMS_H_
#define DFKD_DATA_SHAPE_FORMS_H_

#include <cstdint>

namespace dfkd {

inline constexpr int64_t kShapeForms = 8;

// Every form has this area, so that none is told by how much of an image it fills, and its angles
// are told apart from its size. It lies within kFormReach of the origin, and is
// its own mirror image from left to right.
inline constexpr double kFormArea = 2;
inline constexpr double kFormReach = 1.25;

// "circle", "square", "triangle", "star", "cross", "heart", "moon", "arrow".
const char* FormName(int64_t form);

// The distance from (x, y) to the outline: negative inside.
double FormDistance(int64_t form, double x, double y);

}  // namespace dfkd

#endif  // DFKD_DATA_SHAPE_FORMS_H_
