// Points in the plane, as an SVG file that stands alone: for the report and for a viewer of
// pictures, on a light and on a dark page.
#ifndef DFKD_REPORT_SCATTER_H_
#define DFKD_REPORT_SCATTER_H_

#include <string>
#include <utility>
#include <vector>

namespace dfkd {

struct ScatterSeries {
  enum class Mark { kDisc, kCross };

  std::string name;  // empty: not in the legend
  std::vector<std::pair<double, double>> points;
  Mark mark = Mark::kDisc;
  // Series of equal numbers share a colour. 0 is blue, 1 orange, 9 grey.
  int colour = 0;
  // Beside each point, where given.
  std::vector<std::string> texts = {};
};

// Both axes have one scale, and no numbers: only neighbourhoods mean something. Names stand in a
// legend, the first two dozen of them. Points that are not finite are left out.
std::string RenderScatter(const std::vector<ScatterSeries>& series);

}  // namespace dfkd

#endif  // DFKD_REPORT_SCATTER_H_
