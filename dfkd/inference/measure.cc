#include "dfkd/inference/measure.h"

#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/inference/forward_error.h"
#include "dfkd/inference/subject.h"
#include "dfkd/train/model_weights.h"
#include "dfkd/train/precision.h"

namespace dfkd {
namespace {

// The data set at the size that the cards before it ask for; its own where they do not.
absl::StatusOr<std::unique_ptr<Dataset>> OpenData(const Subject& subject, const TeacherCard& spec,
                                                  const TeacherCard& file) {
  DatasetContext context;
  context.height = spec.has_height() ? spec.height() : file.height();
  context.width = spec.has_width() ? spec.width() : file.width();
  return Registry<Dataset>::Get().Create(subject.data().source(), context, "data.source");
}

absl::StatusOr<const Split*> FindSplit(const Dataset& data, SplitName wanted) {
  if (const Split* split = data.split(wanted)) return split;
  std::vector<absl::string_view> names;
  for (const SplitName name : kSplitNames) {
    if (data.split(name) != nullptr) names.push_back(NameOf(name));
  }
  return ConfigError(absl::StrCat("the data have no ", NameOf(wanted), " split; they have ",
                                  absl::StrJoin(names, ", ")));
}

// What LibTorch throws for images that the architecture cannot take is the user's to mend.
absl::StatusOr<Evaluation> EvaluateSafely(const MeasureOptions& options, Model& model,
                                          const Split& split, const TeacherCard& card) {
  const PrecisionScope precision(options.compute.precision);
  try {
    return EvaluateModel(model, split, card, options.compute.batch_size, options.compute.device,
                         options.on_batch);
  } catch (const c10::Error& error) {
    return ConfigError(DoNotGoThrough(card.channels(), card.height(), card.width(), error));
  }
}

}  // namespace

absl::StatusOr<Measured> Measure(const MeasureOptions& options) {
  DFKD_ASSIGN_OR_RETURN(const ModelWeights weights, ReadModelWeights(options.weights));
  const TeacherCard none;
  const TeacherCard& first = options.first_card.card == nullptr ? none : *options.first_card.card;
  Subject subject = options.subject;
  DFKD_RETURN_IF_ERROR(FillFromCard(first, &subject));
  DFKD_RETURN_IF_ERROR(FillFromCard(weights.card, &subject));
  DFKD_ASSIGN_OR_RETURN(const std::unique_ptr<Dataset> data,
                        OpenData(subject, first, weights.card));
  Measured measured;
  const TeacherCard& declared = data->card();
  DFKD_ASSIGN_OR_RETURN(
      measured.card,
      MergeCards({options.first_card, weights.card_source(), {"the data set", &declared}}));
  DFKD_ASSIGN_OR_RETURN(const Split* split, FindSplit(*data, options.split));
  DFKD_ASSIGN_OR_RETURN(
      const std::unique_ptr<Model> model,
      LoadModel(options.subject.model(), ContextOf(measured.card), weights, "model"));
  model->To(options.compute.device);
  model->ToChannelsLast();
  if (options.on_start) options.on_start(split->size());
  DFKD_ASSIGN_OR_RETURN(measured.evaluation,
                        EvaluateSafely(options, *model, *split, measured.card));
  return measured;
}

}  // namespace dfkd
