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
  // "4.74": the mean alone with three digits, "-" for none.
  std::string MeanToString() const;
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
  Spread pool_images, pool_pixels, images_per_class, data_ratio;  // of the runs that keep images
  bool finished = true;

  const Spread& Result() const { return selection == EvaluationSpec::LAST ? last : best; }
};

// One row per settings and stage. Settings in the order of first appearance, then teachers,
// students, floors, ceilings.
std::vector<ResultRow> AggregateResults(const std::vector<KeyedSummary>& runs);

// What the columns "data %" and "IPC" of this table and of others are.
inline constexpr char kHowPoolsAreCounted[] =
    "Data % and IPC: the pixels that are kept in the end, as a share of those that the teacher was "
    "trained on, and in images of the teacher's size for each class.";

// For the terminal; names the selection rule below. The experiment is a column where there are
// several settings.
std::string RenderResults(const std::vector<ResultRow>& rows);

// "test_top1" -> "test accuracy", "agreement" -> "agreement with the teacher".
std::string MetricTitle(absl::string_view metric);

}  // namespace dfkd

#endif  // DFKD_REPORT_RESULTS_H_
