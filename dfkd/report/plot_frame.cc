#include "dfkd/report/plot_frame.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "dfkd/report/format.h"
#include "dfkd/report/html.h"

namespace dfkd {

std::string SvgNumber(double value) { return FormatDouble(std::round(value * 10) / 10); }

std::string SvgLine(absl::string_view style, double x1, double y1, double x2, double y2) {
  return absl::StrCat("<line class=\"", style, "\" x1=\"", SvgNumber(x1), "\" y1=\"", SvgNumber(y1),
                      "\" x2=\"", SvgNumber(x2), "\" y2=\"", SvgNumber(y2), "\"/>");
}

std::string SvgText(absl::string_view style, double x, double y, absl::string_view text) {
  return absl::StrCat("<text class=\"", style, "\" x=\"", SvgNumber(x), "\" y=\"", SvgNumber(y),
                      "\">", EscapeHtml(text), "</text>");
}

std::vector<double> NiceTicks(double low, double high, int count) {
  // Whatever a file holds: beyond these, steps and their multiples are no longer exact.
  constexpr double kLargest = 1e300, kLeastRange = 1e-290, kLeastRelativeRange = 1e-9;
  low = std::clamp(low, -kLargest, kLargest);
  high = std::clamp(high, -kLargest, kLargest);
  const double size = std::max(std::abs(low), std::abs(high));
  if (high - low < std::max(size * kLeastRelativeRange, kLeastRange)) {
    const double room = size < kLeastRange ? 1 : size * 0.1;
    low -= room;
    high += room;
  }
  const double rough = (high - low) / count;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (double factor : {5.0, 2.0, 1.0}) {
    if (factor * power >= rough * (1 - 1e-9)) step = factor * power;
  }
  std::vector<double> ticks;
  const double first = std::floor(low / step + 1e-9), last = std::ceil(high / step - 1e-9);
  for (double i = first; i <= last; ++i) ticks.push_back(i * step);
  return ticks;
}

std::string TickLabel(double value, double step) {
  const double shown = std::abs(value) < step * 1e-6 ? 0 : value;
  if (std::abs(shown) >= 1e6 || step < 1e-5) return absl::StrFormat("%.3g", shown);
  const int decimals = std::clamp(static_cast<int>(-std::floor(std::log10(step) + 1e-9)), 0, 6);
  return absl::StrFormat("%.*f", decimals, shown);
}

}  // namespace dfkd
