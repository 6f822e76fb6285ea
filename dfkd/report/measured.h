// Numbers and curves: what measures give (measures/measure.h), and a report shows.
#ifndef DFKD_REPORT_MEASURED_H_
#define DFKD_REPORT_MEASURED_H_

#include <string>
#include <vector>

namespace dfkd {

struct MeasuredValue {
  std::string name;  // "coverage": unique in its measurement
  double value = 0;
  std::string unit;  // "%", "nats"; may be empty
  std::string help;  // what the number is, for people
};

// Values over a whole-numbered x, drawn as a curve.
struct MeasuredCurve {
  std::string name;     // "cross_entropy"
  std::string x_title;  // "step of the generator"
  std::string unit;
  std::vector<double> x;
  std::vector<double> values;
};

}  // namespace dfkd

#endif  // DFKD_REPORT_MEASURED_H_
