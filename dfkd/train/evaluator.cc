#include "dfkd/train/evaluator.h"

#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "dfkd/core/status.h"
#include "dfkd/metrics/evaluate_model.h"
#include "dfkd/train/pool_views.h"
#include "dfkd/train/selection.h"

namespace dfkd {
namespace {

constexpr char kTest[] = "test";
constexpr char kValidation[] = "validation";
constexpr char kAgreement[] = "agreement";

absl::Status EvaluateSplit(const EvaluatorContext& context, SplitName name,
                           const std::string& prefix, Model& student, MetricsRow* row) {
  const Split* split = context.data == nullptr ? nullptr : context.data->split(name);
  if (split == nullptr) return absl::OkStatus();
  DFKD_ASSIGN_OR_RETURN(
      Evaluation evaluation,
      EvaluateModel(student, *split, *context.card, context.spec->batch_size(), context.device));
  (*row)[absl::StrCat(prefix, "_", evaluation.metric())] = evaluation.accuracy();
  if (evaluation.segmentation.has_value()) {
    (*row)[prefix + "_pixel_accuracy"] = evaluation.segmentation->pixel_accuracy;
  } else {
    (*row)[prefix + "_top5"] = evaluation.top5;
  }
  (*row)[prefix + "_cross_entropy"] = evaluation.cross_entropy;
  return absl::OkStatus();
}

// Of what was measured on a split, the column that counts: its accuracy or mIoU; empty where the
// row has neither.
std::string AccuracyOn(const std::string& split, const MetricsRow& row) {
  for (const char* metric : {"_top1", "_miou"}) {
    if (row.contains(split + metric)) return split + metric;
  }
  return "";
}

// The column of `row` that decides which epoch is best; nothing for LAST.
std::optional<std::string> SelectionColumn(EvaluationSpec::Selection selection,
                                           const MetricsRow& row) {
  switch (selection) {
    case EvaluationSpec::VALIDATION:
      return AccuracyOn(kValidation, row);
    case EvaluationSpec::SYNTHETIC_AGREEMENT:
      return kAgreement;
    case EvaluationSpec::TEST:
      return AccuracyOn(kTest, row);
    case EvaluationSpec::LAST:
      break;
  }
  return std::nullopt;
}

std::optional<double> Find(const MetricsRow& row, const std::string& column) {
  const auto it = row.find(column);
  if (it == row.end()) return std::nullopt;
  return it->second;
}

void SaveRow(const MetricsRow& row, StateWriter writer) {
  for (const auto& [name, value] : row) writer.Double(name, value);
}

absl::StatusOr<MetricsRow> LoadRow(const StateReader& reader) {
  MetricsRow row;
  for (const std::string& name : reader.ValueNames()) {
    DFKD_ASSIGN_OR_RETURN(row[name], reader.Double(name));
  }
  return row;
}

}  // namespace

absl::Status Evaluator::CheckSelection() const {
  const auto has_split = [this](SplitName name) {
    return context_.data != nullptr && context_.data->split(name) != nullptr;
  };
  return dfkd::CheckSelection(context_.spec->selection(),
                              {.validation = has_split(SplitName::kValidation),
                               .test = has_split(SplitName::kTest),
                               .agreement = holds_out()});
}

bool Evaluator::holds_out() const {
  return context_.pools != nullptr && context_.teacher != nullptr &&
         (context_.data == nullptr ||
          context_.spec->selection() == EvaluationSpec::SYNTHETIC_AGREEMENT);
}

absl::Status Evaluator::EvaluateAgreementOn(const std::vector<const Split*>& splits, Model& student,
                                            MetricsRow* measured) const {
  AgreementEvaluation sum;
  double images = 0;
  for (const Split* split : splits) {
    if (split->size() == 0) continue;
    DFKD_ASSIGN_OR_RETURN(
        const AgreementEvaluation each,
        EvaluateAgreement(student, context_.teacher->model(), *split, *context_.card,
                          context_.spec->batch_size(), context_.device));
    const auto size = static_cast<double>(split->size());
    sum.agreement += each.agreement * size;
    sum.cross_entropy += each.cross_entropy * size;
    images += size;
  }
  if (images == 0) return absl::OkStatus();
  (*measured)[kAgreement] = sum.agreement / images;
  (*measured)["synthetic_cross_entropy"] = sum.cross_entropy / images;
  return absl::OkStatus();
}

absl::Status Evaluator::Evaluate(int64_t epoch, Model& student, MetricsRow* row,
                                 const Split* fresh) {
  MetricsRow measured;
  DFKD_RETURN_IF_ERROR(
      EvaluateSplit(context_, SplitName::kValidation, kValidation, student, &measured));
  DFKD_RETURN_IF_ERROR(EvaluateSplit(context_, SplitName::kTest, kTest, student, &measured));
  if (holds_out()) {
    std::vector<std::unique_ptr<HeldOutSplit>> held_out;
    std::vector<const Split*> splits;
    for (size_t i = 0; i < context_.pools->count(); ++i) {
      held_out.push_back(std::make_unique<HeldOutSplit>(context_.pools->pool(i)));
      splits.push_back(held_out.back().get());
    }
    DFKD_RETURN_IF_ERROR(EvaluateAgreementOn(splits, student, &measured));
  } else if (fresh != nullptr) {
    DFKD_RETURN_IF_ERROR(EvaluateAgreementOn({fresh}, student, &measured));
  }
  last_ = measured;
  last_epoch_ = epoch;
  KeepIfBest(epoch, student);
  row->insert(measured.begin(), measured.end());
  return absl::OkStatus();
}

std::string Evaluator::Metric() const {
  for (const char* split : {kTest, kValidation}) {
    const std::string column = AccuracyOn(split, last_);
    if (!column.empty()) return column;
  }
  return kAgreement;
}

void Evaluator::KeepIfBest(int64_t epoch, const Model& student) {
  const std::optional<std::string> chosen = SelectionColumn(context_.spec->selection(), last_);
  const std::string column = chosen.value_or(Metric());
  const std::optional<double> now = Find(last_, column);
  const std::optional<double> before = Find(best_, column);
  if (!now.has_value() || (before.has_value() && *now <= *before)) return;
  best_ = last_;
  best_epoch_ = epoch;
  // Under LAST the highest epoch is shown for comparison, but nothing is chosen by it.
  if (!chosen.has_value()) return;
  best_weights_.clear();
  for (const NamedTensor& named : student.NamedState()) {
    best_weights_.push_back(
        {named.name, named.tensor.detach().to(at::kCPU, named.tensor.scalar_type(),
                                              /*non_blocking=*/false, /*copy=*/true)});
  }
}

StageSummary Evaluator::Summary() const {
  StageSummary summary;
  summary.metric = Metric();
  summary.last = Find(last_, summary.metric);
  summary.best = Find(best_, summary.metric);
  summary.last_epoch = last_epoch_;
  summary.best_epoch = best_epoch_;
  if (summary.metric == kAgreement) {
    if (context_.pools == nullptr) summary.evaluated_images = kFreshImages;
    for (size_t i = 0; context_.pools != nullptr && i < context_.pools->count(); ++i) {
      summary.evaluated_images += HeldOutIndices(context_.pools->pool(i)).size(0);
    }
  } else if (context_.data != nullptr) {
    const bool on_test = summary.metric == AccuracyOn(kTest, last_);
    const Split* split = context_.data->split(on_test ? SplitName::kTest : SplitName::kValidation);
    summary.evaluated_images = split == nullptr ? 0 : split->size();
  }
  return summary;
}

std::string Evaluator::StatusLine() const {
  std::vector<std::string> parts;
  for (const char* split : {kTest, kValidation}) {
    const std::string column = AccuracyOn(split, last_);
    if (column.empty()) continue;
    parts.push_back(absl::StrFormat(
        "%s %s%.1f%%", split, absl::EndsWith(column, "_miou") ? "mIoU " : "", last_.at(column)));
  }
  if (const auto value = Find(last_, kAgreement)) {
    parts.push_back(absl::StrFormat("agreement %.1f%%", *value));
  }
  return absl::StrJoin(parts, ", ");
}

std::optional<double> Evaluator::last_test_accuracy() const {
  return Find(last_, AccuracyOn(kTest, last_));
}
std::optional<double> Evaluator::best_test_accuracy() const {
  return Find(best_, AccuracyOn(kTest, best_));
}

void Evaluator::Save(StateWriter writer) const {
  SaveRow(last_, writer.Scope("last"));
  SaveRow(best_, writer.Scope("best"));
  writer.Int("last_epoch", last_epoch_);
  writer.Int("best_epoch", best_epoch_);
  for (const NamedTensor& named : best_weights_)
    writer.Scope("best_weights").Tensor(named.name, named.tensor);
}

absl::Status Evaluator::Load(const StateReader& reader) {
  DFKD_ASSIGN_OR_RETURN(last_, LoadRow(reader.Scope("last")));
  DFKD_ASSIGN_OR_RETURN(best_, LoadRow(reader.Scope("best")));
  DFKD_ASSIGN_OR_RETURN(last_epoch_, reader.Int("last_epoch"));
  DFKD_ASSIGN_OR_RETURN(best_epoch_, reader.Int("best_epoch"));
  best_weights_.clear();
  const StateReader weights = reader.Scope("best_weights");
  for (const std::string& name : weights.TensorNames()) {
    DFKD_ASSIGN_OR_RETURN(at::Tensor tensor, weights.Tensor(name));
    best_weights_.push_back({name, tensor});
  }
  return absl::OkStatus();
}

}  // namespace dfkd
