#include "dfkd/train/model_weights.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/core/status.h"
#include "dfkd/models/model_factory.h"

namespace dfkd {

CardSource ModelWeights::card_source() const { return {absl::StrCat("the card in ", path), &card}; }

absl::StatusOr<ModelWeights> ReadModelWeights(const std::string& path) {
  ModelWeights weights;
  weights.path = path;
  DFKD_ASSIGN_OR_RETURN(weights.file, ReadWeights(path));
  const auto text = weights.file.metadata.find(kCardMetadataKey);
  if (text != weights.file.metadata.end()) {
    DFKD_ASSIGN_OR_RETURN(weights.card, CardFromText(text->second, path));
  }
  return weights;
}

ModelContext ContextOf(const TeacherCard& card) {
  ModelContext context;
  context.num_classes = card.class_name_size();
  context.channels = card.channels();
  context.height = card.height();
  context.width = card.width();
  return context;
}

absl::StatusOr<std::unique_ptr<Model>> LoadModel(const ModelSpec& spec, ModelContext context,
                                                 const ModelWeights& weights,
                                                 absl::string_view path) {
  RandomStream init = RandomStream::Zeros();  // replaced below
  context.init = &init;
  DFKD_ASSIGN_OR_RETURN(std::unique_ptr<Model> model, CreateModel(spec, context, path));
  DFKD_RETURN_IF_ERROR(LoadInto(weights.file, model.get(), weights.path));
  return model;
}

}  // namespace dfkd
