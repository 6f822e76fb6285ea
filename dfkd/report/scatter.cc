#include "dfkd/report/scatter.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "dfkd/report/format.h"
#include "dfkd/report/html.h"
#include "dfkd/report/plot_frame.h"

namespace dfkd {
namespace {

constexpr double kSize = 560;  // of the square in which the points lie
constexpr double kMargin = 16;
constexpr double kLegendWidth = 190;
constexpr size_t kMostNames = 24;
constexpr int kMostNameColumns = 24;

// Colours that can be told apart on light and dark, the first two as in a report's curves.
constexpr const char* kColours[] = {"#3f63e6", "#e0591c", "#0f9a72", "#a844bd", "#b98a00",
                                    "#dd3465", "#1b9cc9", "#7c8a1a", "#8a5a44", "#6b7280"};
constexpr int kColourCount = sizeof(kColours) / sizeof(kColours[0]);

// Beyond the list: round the colour wheel by the golden angle.
std::string Colour(int index) {
  if (index >= 0 && index < kColourCount) return kColours[index];
  return absl::StrCat("hsl(", static_cast<int>(std::fmod(index * 137.508, 360)), " 62% 50%)");
}

std::string Cross(double x, double y, double size) {
  return absl::StrCat("M", SvgNumber(x - size), " ", SvgNumber(y - size), "l", SvgNumber(2 * size),
                      " ", SvgNumber(2 * size), "m0 ", SvgNumber(-2 * size), "l",
                      SvgNumber(-2 * size), " ", SvgNumber(2 * size));
}

// Of zero length: its round ends make a disc.
std::string Disc(double x, double y) {
  return absl::StrCat("M", SvgNumber(x), " ", SvgNumber(y), "h0");
}

// A series is one path: short, and quick to draw.
std::string OpenPath(const ScatterSeries& series, double thickness) {
  const bool disc = series.mark == ScatterSeries::Mark::kDisc;
  return absl::StrCat("<path class=\"", disc ? "disc" : "cross", "\" stroke=\"",
                      Colour(series.colour), "\" stroke-width=\"", SvgNumber(thickness), "\" d=\"");
}

struct Bounds {
  PlotRange x, y;
};

Bounds BoundsOf(const std::vector<ScatterSeries>& series) {
  Bounds bounds;
  for (const ScatterSeries& one : series) {
    for (const auto& [x, y] : one.points) {
      if (!std::isfinite(x) || !std::isfinite(y)) continue;
      bounds.x.Add(x);
      bounds.y.Add(y);
    }
  }
  if (bounds.x.empty()) bounds.x = bounds.y = PlotRange{-1, 1};
  // A square, so that distances along both axes compare.
  const double half =
      std::max({bounds.x.high - bounds.x.low, bounds.y.high - bounds.y.low, 1e-9}) / 2;
  for (PlotRange* range : {&bounds.x, &bounds.y}) {
    const double middle = (range->low + range->high) / 2;
    *range = PlotRange{middle - half, middle + half};
  }
  return bounds;
}

std::string Points(const ScatterSeries& series, const PlotFrame& frame, double radius) {
  const bool disc = series.mark == ScatterSeries::Mark::kDisc;
  std::string path = OpenPath(series, disc ? 2 * radius : 1.4);
  std::string texts;
  for (size_t i = 0; i < series.points.size(); ++i) {
    const auto& [x, y] = series.points[i];
    if (!std::isfinite(x) || !std::isfinite(y)) continue;
    path += disc ? Disc(frame.X(x), frame.Y(y)) : Cross(frame.X(x), frame.Y(y), radius * 0.8);
    if (i < series.texts.size()) {
      texts += SvgText("near", frame.X(x) + radius + 3, frame.Y(y) + 4, series.texts[i]);
    }
  }
  return absl::StrCat(path, "\"/>\n", texts);
}

std::string Legend(const std::vector<ScatterSeries>& series) {
  const double left = kSize + 2 * kMargin + 8;
  std::string legend;
  double y = kMargin + 14;
  size_t named = 0;
  for (const ScatterSeries& one : series) {
    if (one.name.empty() || ++named > kMostNames) continue;
    const bool disc = one.mark == ScatterSeries::Mark::kDisc;
    absl::StrAppend(&legend, OpenPath(one, disc ? 10 : 2),
                    disc ? Disc(left, y - 4) : Cross(left, y - 4, 4), "\"/>",
                    SvgText("name", left + 14, y, ClipToWidth(one.name, kMostNameColumns)), "\n");
    y += 22;
  }
  if (named > kMostNames) {
    legend += SvgText("name", left + 14, y, absl::StrCat("and ", named - kMostNames, " more"));
  }
  return legend;
}

}  // namespace

std::string RenderScatter(const std::vector<ScatterSeries>& series) {
  const Bounds bounds = BoundsOf(series);
  const double width = kSize + 2 * kMargin + kLegendWidth, height = kSize + 2 * kMargin;
  const PlotFrame frame(2 * kMargin, kSize, 2 * kMargin, kSize, bounds.x, bounds.y);
  size_t count = 0;
  for (const ScatterSeries& one : series) count += one.points.size();
  const double radius = count > 600 ? 2.5 : count > 100 ? 3.5 : 5;
  std::string svg = absl::StrCat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", SvgNumber(width), "\" height=\"",
      SvgNumber(height), "\" viewBox=\"0 0 ", SvgNumber(width), " ", SvgNumber(height),
      "\">\n<style>\n"
      "text { font: 13px system-ui, sans-serif; fill: #3b4250; } .near { font-size: 12px; }\n"
      ".page { fill: #ffffff; } .frame { fill: none; stroke: #d5d9e2; }\n"
      "path { fill: none; stroke-linecap: round; } .disc { opacity: .75; } .cross { opacity: .9; "
      "}\n"
      "@media (prefers-color-scheme: dark) {\n"
      "  text { fill: #c3c9d4; } .page { fill: #171b22; } .frame { stroke: #2f3642; }\n}\n"
      "</style>\n<rect class=\"page\" width=\"100%\" height=\"100%\"/>\n<rect class=\"frame\" x=\"",
      SvgNumber(kMargin), "\" y=\"", SvgNumber(kMargin), "\" width=\"", SvgNumber(kSize),
      "\" height=\"", SvgNumber(kSize), "\" rx=\"8\"/>\n");
  for (const ScatterSeries& one : series) svg += Points(one, frame, radius);
  return absl::StrCat(svg, Legend(series), "</svg>\n");
}

}  // namespace dfkd
