// A weight file with its card, and the network that it fills.
#ifndef DFKD_TRAIN_MODEL_WEIGHTS_H_
#define DFKD_TRAIN_MODEL_WEIGHTS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/models/model.h"
#include "dfkd/train/teacher.h"
#include "dfkd/weights/weights.h"

namespace dfkd {

struct ModelWeights {
  std::string path;
  WeightFile file;
  TeacherCard card;  // empty where the file carries none

  // For MergeCards; valid for the life of this object.
  CardSource card_source() const;
};

absl::StatusOr<ModelWeights> ReadModelWeights(const std::string& path);

// What a card says of a network; its `init` is left to LoadModel.
ModelContext ContextOf(const TeacherCard& card);

// The network of `spec` with these weights. `path` is where the spec stands: "teacher.model".
absl::StatusOr<std::unique_ptr<Model>> LoadModel(const ModelSpec& spec, ModelContext context,
                                                 const ModelWeights& weights,
                                                 absl::string_view path);

}  // namespace dfkd

#endif  // DFKD_TRAIN_MODEL_WEIGHTS_H_
