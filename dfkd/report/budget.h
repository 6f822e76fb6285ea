// What a stage has spent. Published comparisons differ in exactly this, so every report shows it.
#ifndef DFKD_REPORT_BUDGET_H_
#define DFKD_REPORT_BUDGET_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "dfkd/core/state.h"
#include "dfkd/report/metrics_row.h"

namespace dfkd {

struct Budget {
  int64_t images = 0;             // synthesised, whether or not a pool still keeps them
  int64_t pixels = 0;             // the same in height x width
  int64_t teacher_forwards = 0;   // images through the teacher
  int64_t teacher_backwards = 0;  // images whose gradient went back through the teacher
  // By part of the work: "synthesis", "student", "evaluation". Parts do not overlap.
  std::map<std::string, double, std::less<>> seconds;

  double TotalSeconds() const;
  // Columns images, pixels, teacher_forwards, teacher_backwards, seconds_PART and seconds_total.
  void AddTo(MetricsRow* row) const;

  void Save(StateWriter writer) const;
  absl::Status Load(const StateReader& reader);
};

}  // namespace dfkd

#endif  // DFKD_REPORT_BUDGET_H_
