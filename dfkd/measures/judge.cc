#include "dfkd/measures/judge.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <ATen/ops/cat.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/item_name.h"
#include "dfkd/core/status.h"
#include "dfkd/models/model_factory.h"
#include "dfkd/train/model_weights.h"

namespace dfkd {
namespace {

// An empty spec.
bool IsRunsTeacher(const ModelSpec& spec) {
  return !spec.has_preset() && !spec.has_config() && !spec.has_weights();
}

// The run's card stands in for what the file does not say.
TeacherCard CardOf(const ModelWeights& weights, const TeacherCard& of_run) {
  TeacherCard card = weights.card;
  if (card.class_name().empty()) *card.mutable_class_name() = of_run.class_name();
  if (!card.has_normalization()) *card.mutable_normalization() = of_run.normalization();
  if (!card.has_height()) card.set_height(of_run.height());
  if (!card.has_width()) card.set_width(of_run.width());
  if (!card.has_channels()) card.set_channels(of_run.channels());
  return card;
}

absl::Status CheckGives(const ModelSpec& spec, Capabilities needs, absl::string_view path) {
  DFKD_ASSIGN_OR_RETURN(const Capabilities given, ModelCapabilities(spec, path));
  const Capabilities missing = needs.Without(given);
  if (missing.empty()) return absl::OkStatus();
  return ConfigError(absl::StrCat(path, ": ", missing.ToString(),
                                  " needed, but not given by this network; choose another"));
}

}  // namespace

Contract JudgeContract(const ModelSpec& judge, Capabilities of_run, Capabilities of_judge) {
  if (!IsRunsTeacher(judge)) return {of_run, {}};
  return {of_run | of_judge | Capabilities{Capability::kTeacherOutput}, {}};
}

absl::StatusOr<std::unique_ptr<Judge>> Judge::Create(const ModelSpec& spec,
                                                     const MeasureContext& context,
                                                     absl::string_view path, Capabilities needs) {
  std::unique_ptr<Judge> judge(new Judge());
  judge->batch_size_ = context.batch_size;
  if (IsRunsTeacher(spec)) {
    if (context.teacher == nullptr) {
      return ConfigError(absl::StrCat("the run has no teacher; name another network in ", path));
    }
    judge->network_ = context.teacher;
    judge->name_ = "the run's teacher";
    return judge;
  }
  if (!spec.has_weights()) {
    return ConfigError(absl::StrCat(path, ".weights is empty; name the file with its weights"));
  }
  DFKD_RETURN_IF_ERROR(CheckGives(spec, needs, path));
  DFKD_ASSIGN_OR_RETURN(const ModelWeights weights, ReadModelWeights(spec.weights()));
  TeacherCard card = CardOf(weights, *context.card);
  if (card.channels() != context.card->channels()) {
    return ConfigError(absl::StrCat(path, ": ", spec.weights(), " takes images of ",
                                    card.channels(), " channels, the run's have ",
                                    context.card->channels()));
  }
  DFKD_ASSIGN_OR_RETURN(std::unique_ptr<Model> model,
                        LoadModel(spec, ContextOf(card), weights, path));
  judge->height_ = card.height();
  judge->width_ = card.width();
  judge->name_ = absl::StrCat(spec.has_preset() ? spec.preset() : ConfigName(spec.config()),
                              " with the weights of ", spec.weights());
  DFKD_ASSIGN_OR_RETURN(judge->own_,
                        Teacher::Create(std::move(model), std::move(card), context.device));
  judge->network_ = judge->own_.get();
  return judge;
}

ModelOutput Judge::Look(const at::Tensor& images, bool with_feature_map) const {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> logits, embeddings, maps;
  for (int64_t begin = 0; begin < images.size(0); begin += batch_size_) {
    at::Tensor batch = images.narrow(0, begin, std::min(batch_size_, images.size(0) - begin))
                           .to(network_->device(), at::kFloat);
    if (height_ > 0 && (batch.size(2) != height_ || batch.size(3) != width_)) {
      batch = at::_upsample_bilinear2d_aa(batch, {height_, width_}, /*align_corners=*/false);
    }
    const ModelOutput output = network_->model().Forward(network_->normalizer().Apply(batch));
    logits.push_back(output.logits.to(at::kCPU, at::kFloat));
    if (output.embedding.defined()) {
      embeddings.push_back(output.embedding.to(at::kCPU, at::kFloat));
    }
    if (with_feature_map && output.feature_map.defined()) {
      maps.push_back(output.feature_map.to(at::kCPU, at::kFloat));
    }
  }
  ModelOutput seen;
  seen.logits = at::cat(logits);
  if (!embeddings.empty()) seen.embedding = at::cat(embeddings);
  if (!maps.empty()) seen.feature_map = at::cat(maps);
  return seen;
}

}  // namespace dfkd
