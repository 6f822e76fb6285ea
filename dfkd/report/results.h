// The result table: stages of one or more runs, averaged over seeds.
#ifndef DFKD_REPORT_RESULTS_H_
#define DFKD_REPORT_RESULTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dfkd/report/summary.h"

namespace dfkd {

// Values of one quantity over seeds.
struct Spread {
  int64_t count = 0;
  double mean = 0;
  double deviation = 0;  // of the sample (n - 1); 0 for a single value

  static Spread Of(const std::vector<double>& values);
  // "97.30 ± 0.12"; without a deviation for a single value, "-" for none.
  std::string ToString(int decimals = 2) const;
};

// A run's summary, and what tells its settings (seed aside) from another's: runs with equal keys
// differ only in the seed.
struct KeyedSummary {
  std::string settings;
  RunSummary summary;
};

struct ResultRow {
  size_t settings = 0;  // rows of equal settings have equal numbers
  std::string experiment;
  StageRole role = StageRole::kStudent;
  std::string stage;
  std::string metric;
  EvaluationSpec::Selection selection = EvaluationSpec::LAST;
  std::vector<uint64_t> seeds;
  Spread last, best;  // %
  int64_t evaluated_images = 0;
  int64_t last_epoch = 0, best_epoch = 0;  // of a single run; 0 over several
  Spread seconds;
  Spread images, pixels, teacher_forwards, teacher_backwards;
  bool finished = true;

  const Spread& Result() const { return selection == EvaluationSpec::LAST ? last : best; }
};

// One row per settings and stage. Settings in the order of first appearance, then teachers,
// students, floors, ceilings.
std::vector<ResultRow> AggregateResults(const std::vector<KeyedSummary>& runs);

// For the terminal; names the selection rule below. The experiment is a column where there are
// several settings.
std::string RenderResults(const std::vector<ResultRow>& rows);

// "test_top1" -> "test accuracy", "agreement" -> "agreement with the teacher".
std::string MetricTitle(absl::string_view metric);

}  // namespace dfkd

#endif  // DFKD_REPORT_RESULTS_H_
