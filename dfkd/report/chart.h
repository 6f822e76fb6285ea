// Curves as inline SVG. Colours, fonts and the look on hovering come from the page's style sheet
// (report_style.h), so that one chart serves a light and a dark page.
#ifndef DFKD_REPORT_CHART_H_
#define DFKD_REPORT_CHART_H_

#include <string>
#include <utility>
#include <vector>

namespace dfkd {

struct ChartSeries {
  std::string name;
  std::vector<std::pair<double, double>> points;  // by rising x
  // Half the height of a band around each point, a deviation say; empty: no band.
  std::vector<double> spread = {};
};

// A dashed horizontal line.
struct ChartLevel {
  std::string name;
  double value = 0;
};

struct Chart {
  std::string title;
  std::string x_title;
  std::string unit;  // behind values: "%"
  std::vector<ChartSeries> series;
  std::vector<ChartLevel> levels;
};

// A figure with axes, a legend with last values, and the values of an epoch on hovering.
std::string RenderChart(const Chart& chart);
// The same without a legend and levels, for a grid of many: title, range, last value.
std::string RenderSmallChart(const Chart& chart);

}  // namespace dfkd

#endif  // DFKD_REPORT_CHART_H_
