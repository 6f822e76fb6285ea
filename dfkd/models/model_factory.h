// From a ModelSpec to a model.
#ifndef DFKD_MODELS_MODEL_FACTORY_H_
#define DFKD_MODELS_MODEL_FACTORY_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/contract.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/models/model.h"
#include "google/protobuf/any.pb.h"

namespace dfkd {

// The architecture's config: `spec.config`, or that of the preset (models/presets/NAME.textproto).
// `path` is where the spec stands, for messages: "teacher.model".
absl::StatusOr<google::protobuf::Any> ModelConfig(const ModelSpec& spec, absl::string_view path);

// What the architecture provides to losses, methods and measures: what it declares, and
// kImageLogits where it does not declare kPixelLogits. Needs no weights.
absl::StatusOr<Capabilities> ModelCapabilities(const ModelSpec& spec, absl::string_view path);

// With freshly drawn weights (`spec.weights` is the caller's to load). num_classes and channels of
// the spec, where set, replace the context's.
absl::StatusOr<std::unique_ptr<Model>> CreateModel(const ModelSpec& spec, ModelContext context,
                                                   absl::string_view path);

// Numbers that it learns; BatchNorm's running statistics are none.
int64_t ParameterCount(const Model& model);

}  // namespace dfkd

#endif  // DFKD_MODELS_MODEL_FACTORY_H_
