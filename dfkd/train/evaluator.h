// What is measured after an epoch, and which epoch is called the best.
#ifndef DFKD_TRAIN_EVALUATOR_H_
#define DFKD_TRAIN_EVALUATOR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/state.h"
#include "dfkd/data/dataset.h"
#include "dfkd/models/model.h"
#include "dfkd/pool/pool_set.h"
#include "dfkd/report/recorder.h"
#include "dfkd/report/summary.h"
#include "dfkd/train/teacher.h"

namespace dfkd {

struct EvaluatorContext {
  const EvaluationSpec* spec = nullptr;
  const TeacherCard* card = nullptr;
  const Teacher* teacher = nullptr;  // may be null
  const Dataset* data = nullptr;     // may be null
  const PoolSet* pools = nullptr;    // may be null
  at::Device device = at::kCPU;      // of student and teacher
};

// How many images of the method's agreement is measured on where nothing else is there to measure.
inline constexpr int64_t kFreshImages = 1000;

class Evaluator {
 public:
  explicit Evaluator(const EvaluatorContext& context) : context_(context) {}

  // ConfigError where nothing in this run is measured that the selection asks for.
  absl::Status CheckSelection() const;

  // True where part of the pool is kept from the student, to measure agreement on: in a run without
  // data, or where the selection asks for it.
  bool holds_out() const;

  // `epoch` counts from 1, the warm-up included.
  // Adds test_top1 and test_top5 (of a split with masks test_miou and test_pixel_accuracy),
  // test_cross_entropy, validation_*, and, without data or where the selection asks, agreement and
  // synthetic_cross_entropy (all but entropies in %) to `row`.
  // `fresh`: images to measure agreement on in a run that has neither data nor a pool; may be null.
  absl::Status Evaluate(int64_t epoch, Model& student, MetricsRow* row,
                        const Split* fresh = nullptr);

  // "test 97.4%, validation 97.0%", "test mIoU 61.2%"
  std::string StatusLine() const;
  // Top-1, or mIoU where there are masks.
  std::optional<double> last_test_accuracy() const;
  // Of best_weights().
  std::optional<double> best_test_accuracy() const;
  bool has_best() const { return !best_weights_.empty(); }
  const std::vector<NamedTensor>& best_weights() const { return best_weights_; }
  StageSummary Summary() const;

  void Save(StateWriter writer) const;
  absl::Status Load(const StateReader& reader);

 private:
  // Over the images of all `splits`.
  absl::Status EvaluateAgreementOn(const std::vector<const Split*>& splits, Model& student,
                                   MetricsRow* measured) const;
  // The column that counts as the result: test accuracy (or mIoU), else that on the validation
  // split, else agreement.
  std::string Metric() const;
  void KeepIfBest(int64_t epoch, const Model& student);

  const EvaluatorContext context_;
  MetricsRow last_;
  int64_t last_epoch_ = -1;
  MetricsRow best_;
  int64_t best_epoch_ = -1;
  std::vector<NamedTensor> best_weights_;  // empty for selection LAST
};

}  // namespace dfkd

#endif  // DFKD_TRAIN_EVALUATOR_H_
