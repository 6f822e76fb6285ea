#include "dfkd/report/chart.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "dfkd/report/format.h"
#include "dfkd/report/html.h"
#include "dfkd/report/plot_frame.h"

namespace dfkd {
namespace {

constexpr int kColours = 8;
// Markers on more points than this would only thicken the line.
constexpr size_t kMostMarkers = 40;
// Places to hover at; more rows share them.
constexpr size_t kMostStops = 400;

std::string WithUnit(double value, const std::string& unit) {
  if (unit == "%") return absl::StrFormat("%.2f %%", value);
  return absl::StrCat(FormatRounded(value, 4), unit.empty() ? "" : " ", unit);
}

std::string WithUnit(double value, double spread, const std::string& unit) {
  if (spread <= 0) return WithUnit(value, unit);
  if (unit == "%") return absl::StrFormat("%.2f ± %.2f %%", value, spread);
  return absl::StrCat(FormatRounded(value, 4), " ± ", FormatRounded(spread, 2),
                      unit.empty() ? "" : " ", unit);
}

// The series' spread at its point i.
double SpreadAt(const ChartSeries& series, size_t i) {
  return i < series.spread.size() ? series.spread[i] : 0;
}

std::string Band(const ChartSeries& series, size_t colour, const PlotFrame& frame) {
  if (series.spread.empty()) return "";
  std::string above, below;
  for (size_t i = 0; i < series.points.size(); ++i) {
    const auto& [x, y] = series.points[i];
    const std::string at = SvgNumber(frame.X(x));
    absl::StrAppend(&above, at, ",", SvgNumber(frame.Y(y + SpreadAt(series, i))), " ");
    below = absl::StrCat(at, ",", SvgNumber(frame.Y(y - SpreadAt(series, i))), " ", below);
  }
  return absl::StrCat("<polygon class=\"area s", colour % kColours, "\" points=\"", above, below,
                      "\"/>");
}

std::string Curve(const ChartSeries& series, size_t colour, const PlotFrame& frame) {
  std::string points;
  for (const auto& [x, y] : series.points) {
    absl::StrAppend(&points, points.empty() ? "" : " ", SvgNumber(frame.X(x)), ",",
                    SvgNumber(frame.Y(y)));
  }
  const std::string style = absl::StrCat("s", colour % kColours);
  std::string svg = absl::StrCat("<polyline class=\"curve ", style, "\" points=\"", points, "\"/>");
  if (series.points.size() > kMostMarkers) return svg;
  for (const auto& [x, y] : series.points) {
    absl::StrAppend(&svg, "<circle class=\"dot ", style, "\" r=\"2.6\" cx=\"",
                    SvgNumber(frame.X(x)), "\" cy=\"", SvgNumber(frame.Y(y)), "\"/>");
  }
  return svg;
}

struct Stop {
  struct Value {
    size_t series;
    double y, spread;
  };
  double x = 0;
  std::vector<Value> values;
};

// The values by x, thinned out to what can be hovered at.
std::vector<Stop> Stops(const Chart& chart) {
  std::map<double, Stop> by_x;
  for (size_t i = 0; i < chart.series.size(); ++i) {
    const ChartSeries& series = chart.series[i];
    for (size_t p = 0; p < series.points.size(); ++p) {
      const auto& [x, y] = series.points[p];
      by_x[x].x = x;
      by_x[x].values.push_back({i, y, SpreadAt(series, p)});
    }
  }
  const size_t stride = by_x.size() / kMostStops + 1;
  std::vector<Stop> stops;
  size_t place = 0;
  for (const auto& [x, stop] : by_x) {
    if (++place % stride == 0 || place == by_x.size()) stops.push_back(stop);
  }
  return stops;
}

// The box with the values of a stop, on whichever side of it there is room.
std::string Tip(const Chart& chart, const Stop& stop, const PlotFrame& frame) {
  std::vector<std::string> lines = {absl::StrCat(chart.x_title, " ", FormatDouble(stop.x))};
  for (const Stop::Value& value : stop.values) {
    lines.push_back(absl::StrCat(chart.series[value.series].name, "  ",
                                 WithUnit(value.y, value.spread, chart.unit)));
  }
  int longest = 0;
  for (const std::string& line : lines) longest = std::max(longest, DisplayWidth(line));
  const double width = longest * 6.8 + 34, height = static_cast<double>(lines.size()) * 18 + 12;
  const double x = frame.X(stop.x);
  const double left = x + 12 + width < frame.right() ? x + 12 : std::max(0.0, x - 12 - width);
  // Away from the curves.
  double middle = 0;
  for (const Stop::Value& value : stop.values) {
    middle += frame.Y(value.y) / static_cast<double>(stop.values.size());
  }
  const bool low = middle < (frame.top() + frame.bottom()) / 2;
  const double top = low ? std::max(frame.top(), frame.bottom() - 8 - height) : frame.top();
  std::string svg = absl::StrCat("<rect class=\"tipbox\" rx=\"6\" x=\"", SvgNumber(left), "\" y=\"",
                                 SvgNumber(top), "\" width=\"", SvgNumber(width), "\" height=\"",
                                 SvgNumber(height), "\"/>");
  for (size_t i = 0; i < lines.size(); ++i) {
    const double y = top + 19 + 18 * static_cast<double>(i);
    absl::StrAppend(&svg,
                    SvgText(i == 0 ? "tiphead" : "tip", left + (i == 0 ? 10 : 24), y, lines[i]));
    if (i == 0) continue;
    absl::StrAppend(&svg, "<circle class=\"mark s", stop.values[i - 1].series % kColours,
                    "\" r=\"4\" cx=\"", SvgNumber(left + 14), "\" cy=\"", SvgNumber(y - 4), "\"/>");
  }
  return svg;
}

// Bands over the whole height; each shows its stop's values while it is hovered over.
std::string HoverBands(const Chart& chart, const PlotFrame& frame, bool with_tip) {
  const std::vector<Stop> stops = Stops(chart);
  std::string svg;
  for (size_t i = 0; i < stops.size(); ++i) {
    const double x = frame.X(stops[i].x);
    const double from = i == 0 ? frame.left() : (x + frame.X(stops[i - 1].x)) / 2;
    const double to = i + 1 == stops.size() ? frame.right() : (x + frame.X(stops[i + 1].x)) / 2;
    std::string title = absl::StrCat(chart.x_title, " ", FormatDouble(stops[i].x));
    std::string marks = SvgLine("cross", x, frame.top(), x, frame.bottom());
    for (const Stop::Value& value : stops[i].values) {
      absl::StrAppend(&title, "\n", chart.series[value.series].name, ": ",
                      WithUnit(value.y, value.spread, chart.unit));
      absl::StrAppend(&marks, "<circle class=\"mark s", value.series % kColours, "\" r=\"4\" cx=\"",
                      SvgNumber(x), "\" cy=\"", SvgNumber(frame.Y(value.y)), "\"/>");
    }
    absl::StrAppend(&svg, "<g class=\"stop\"><title>", EscapeHtml(title),
                    "</title><rect class=\"band\" x=\"", SvgNumber(from), "\" y=\"",
                    SvgNumber(frame.top()), "\" width=\"", SvgNumber(std::max(to - from, 0.1)),
                    "\" height=\"", SvgNumber(frame.bottom() - frame.top()), "\"/><g class=\"at\">",
                    marks, with_tip ? Tip(chart, stops[i], frame) : "", "</g></g>\n");
  }
  return svg;
}

PlotRange RangeOf(const Chart& chart, bool of_x) {
  PlotRange range;
  for (const ChartSeries& series : chart.series) {
    for (size_t i = 0; i < series.points.size(); ++i) {
      const auto& [x, y] = series.points[i];
      if (of_x) {
        range.Add(x);
        continue;
      }
      range.Add(y - SpreadAt(series, i));
      range.Add(y + SpreadAt(series, i));
    }
  }
  if (of_x) return range;
  for (const ChartLevel& level : chart.levels) range.Add(level.value);
  return range;
}

std::string OpenSvg(const Chart& chart, absl::string_view style, int width, int height) {
  return absl::StrCat("<svg class=\"", style, "\" viewBox=\"0 0 ", width, " ", height,
                      "\" role=\"img\" aria-label=\"", EscapeHtml(chart.title), "\">\n");
}

std::string Legend(const Chart& chart) {
  std::string html = "<ul class=\"legend\">";
  for (size_t i = 0; i < chart.series.size(); ++i) {
    const ChartSeries& series = chart.series[i];
    absl::StrAppend(&html, "<li><span class=\"key s", i % kColours, "\"></span><span>",
                    EscapeHtml(series.name), "</span><b>",
                    series.points.empty()
                        ? "no value"
                        : WithUnit(series.points.back().second,
                                   SpreadAt(series, series.points.size() - 1), chart.unit),
                    "</b></li>");
  }
  for (const ChartLevel& level : chart.levels) {
    absl::StrAppend(&html, "<li><span class=\"key level\"></span><span>", EscapeHtml(level.name),
                    "</span><b>", WithUnit(level.value, chart.unit), "</b></li>");
  }
  return html + "</ul>";
}

// The level's name stands at the end where the curves are farther from it.
std::string Level(const Chart& chart, const ChartLevel& level, const PlotFrame& frame) {
  double at_left = std::numeric_limits<double>::infinity(), at_right = at_left;
  for (const ChartSeries& series : chart.series) {
    if (series.points.empty()) continue;
    at_left = std::min(at_left, std::abs(series.points.front().second - level.value));
    at_right = std::min(at_right, std::abs(series.points.back().second - level.value));
  }
  const bool left = at_left > at_right;
  const double y = frame.Y(level.value);
  return SvgLine("level", frame.left(), y, frame.right(), y) +
         SvgText(left ? "leveltext first" : "leveltext last",
                 left ? frame.left() + 4 : frame.right() - 4, y - 6, level.name);
}

// Grid lines and labels of both axes.
std::string Axes(const Chart& chart, const PlotFrame& frame, const std::vector<double>& x_ticks,
                 const std::vector<double>& y_ticks) {
  std::string svg;
  const double y_step = y_ticks[1] - y_ticks[0];
  for (double tick : y_ticks) {
    absl::StrAppend(&svg,
                    SvgLine("rule", frame.left(), frame.Y(tick), frame.right(), frame.Y(tick)),
                    SvgText("ytick", frame.left() - 8, frame.Y(tick) + 4, TickLabel(tick, y_step)));
  }
  for (double tick : x_ticks) {
    const std::string label =
        x_ticks.size() > 1 ? TickLabel(tick, x_ticks[1] - x_ticks[0]) : FormatDouble(tick);
    absl::StrAppend(&svg, SvgText("xtick", frame.X(tick), frame.bottom() + 20, label));
  }
  absl::StrAppend(&svg, SvgText("axis", frame.right(), frame.bottom() + 46, chart.x_title),
                  SvgText("axis first", 4, frame.top() - 22, chart.unit), "\n");
  return svg;
}

std::string NoValues(const Chart& chart) {
  return absl::StrCat("<figure class=\"chart\"><figcaption>", EscapeHtml(chart.title),
                      "</figcaption><p class=\"none\">No values yet.</p></figure>\n");
}

// Ticks in [low, high]; whole numbers where all points stand at such, as epochs do.
std::vector<double> XTicks(const Chart& chart, PlotRange x) {
  bool whole = true;
  for (const ChartSeries& series : chart.series) {
    for (const auto& point : series.points) {
      whole = whole && point.first == std::round(point.first);
    }
  }
  std::vector<double> ticks;
  for (double tick : NiceTicks(x.low, x.high, 7)) {
    const bool inside = tick >= x.low && tick <= x.high;
    if (inside && (!whole || tick == std::round(tick))) ticks.push_back(tick);
  }
  if (ticks.empty()) ticks.push_back(x.low);
  return ticks;
}

}  // namespace

std::string RenderChart(const Chart& chart) {
  const PlotRange x = RangeOf(chart, true), y = RangeOf(chart, false);
  if (x.empty()) return NoValues(chart);
  const std::vector<double> y_ticks = NiceTicks(y.low, y.high, 5);
  const int width = 680, height = 330;
  const PlotFrame frame(52, width - 14, 38, height - 54, x,
                        PlotRange{y_ticks.front(), y_ticks.back()});

  std::string svg = OpenSvg(chart, "plot", width, height);
  absl::StrAppend(&svg, Axes(chart, frame, XTicks(chart, x), y_ticks));
  for (size_t i = 0; i < chart.series.size(); ++i) {
    absl::StrAppend(&svg, Band(chart.series[i], i, frame));
  }
  for (const ChartLevel& level : chart.levels) absl::StrAppend(&svg, Level(chart, level, frame));
  for (size_t i = 0; i < chart.series.size(); ++i) {
    absl::StrAppend(&svg, Curve(chart.series[i], i, frame), "\n");
  }
  absl::StrAppend(&svg, HoverBands(chart, frame, /*with_tip=*/true), "</svg>");
  return absl::StrCat("<figure class=\"chart\"><figcaption>", EscapeHtml(chart.title),
                      "</figcaption><div class=\"plotrow\">", svg, Legend(chart),
                      "</div></figure>\n");
}

std::string RenderSmallChart(const Chart& chart) {
  const PlotRange x = RangeOf(chart, true), y = RangeOf(chart, false);
  if (x.empty()) return NoValues(chart);
  const std::vector<double> y_ticks = NiceTicks(y.low, y.high, 2);
  const int width = 300, height = 130;
  const PlotFrame frame(46, width - 8, 10, height - 22, x,
                        PlotRange{y_ticks.front(), y_ticks.back()});
  std::string svg = OpenSvg(chart, "plot small", width, height);
  const double y_step = y_ticks[1] - y_ticks[0];
  for (double tick : y_ticks) {
    absl::StrAppend(&svg,
                    SvgLine("rule", frame.left(), frame.Y(tick), frame.right(), frame.Y(tick)),
                    SvgText("ytick", frame.left() - 6, frame.Y(tick) + 4, TickLabel(tick, y_step)));
  }
  absl::StrAppend(&svg, SvgText("xtick first", frame.left(), height - 5, FormatDouble(x.low)));
  if (x.high > x.low) {
    absl::StrAppend(&svg, SvgText("xtick last", frame.right(), height - 5, FormatDouble(x.high)));
  }
  for (size_t i = 0; i < chart.series.size(); ++i) {
    absl::StrAppend(&svg, Curve(chart.series[i], i, frame), "\n");
  }
  absl::StrAppend(&svg, HoverBands(chart, frame, /*with_tip=*/false), "</svg>");
  std::string last;
  if (chart.series.size() == 1 && !chart.series[0].points.empty()) {
    last = WithUnit(chart.series[0].points.back().second, chart.unit);
  }
  return absl::StrCat("<figure class=\"chart\"><figcaption>", EscapeHtml(chart.title), "<b>", last,
                      "</b></figcaption>", svg, "</figure>\n");
}

}  // namespace dfkd
