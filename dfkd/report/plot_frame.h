// Where a chart's values lie in its SVG, and the lines, texts and ticks drawn there.
#ifndef DFKD_REPORT_PLOT_FRAME_H_
#define DFKD_REPORT_PLOT_FRAME_H_

#include <limits>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace dfkd {

struct PlotRange {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void Add(double value) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  bool empty() const { return low > high; }
};

// Where values lie in the SVG's own units.
class PlotFrame {
 public:
  PlotFrame(double left, double right, double top, double bottom, PlotRange x, PlotRange y)
      : left_(left), right_(right), top_(top), bottom_(bottom), x_(x), y_(y) {}

  double X(double value) const {
    if (x_.high == x_.low) return (left_ + right_) / 2;
    return left_ + (value - x_.low) / (x_.high - x_.low) * (right_ - left_);
  }
  double Y(double value) const {
    return bottom_ - (value - y_.low) / (y_.high - y_.low) * (bottom_ - top_);
  }
  double left() const { return left_; }
  double right() const { return right_; }
  double top() const { return top_; }
  double bottom() const { return bottom_; }

 private:
  double left_, right_, top_, bottom_;
  PlotRange x_, y_;
};

// In the SVG's own units, to a tenth.
std::string SvgNumber(double value);
std::string SvgLine(absl::string_view style, double x1, double y1, double x2, double y2);
// `text` is escaped.
std::string SvgText(absl::string_view style, double x, double y, absl::string_view text);

// About `count` round numbers, evenly spaced, that cover [low, high]: steps of 1, 2 or 5 times a
// power of ten.
std::vector<double> NiceTicks(double low, double high, int count);
// As many digits as tell neighbours `step` apart.
std::string TickLabel(double value, double step);

}  // namespace dfkd

#endif  // DFKD_REPORT_PLOT_FRAME_H_
