#include "dfkd/models/model_factory.h"

#include "absl/strings/str_cat.h"
#include "dfkd/core/presets.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"

namespace dfkd {

absl::StatusOr<google::protobuf::Any> ModelConfig(const ModelSpec& spec, absl::string_view path) {
  if (spec.has_preset() == spec.has_config()) {
    return ConfigError(absl::StrCat(path, ": exactly one of preset and config must be set; ",
                                    spec.has_preset() ? "both are" : "neither is"));
  }
  if (!spec.has_preset()) return spec.config();
  auto config = FindPreset(Model::kCategory, spec.preset());
  if (!config.ok()) return Annotate(config.status(), absl::StrCat(path, ".preset"));
  return config;
}

absl::StatusOr<Capabilities> ModelCapabilities(const ModelSpec& spec, absl::string_view path) {
  DFKD_ASSIGN_OR_RETURN(const google::protobuf::Any config, ModelConfig(spec, path));
  DFKD_ASSIGN_OR_RETURN(const Contract contract, Registry<Model>::Get().GetContract(config, path));
  if (contract.provides.Has(Capability::kPixelLogits)) return contract.provides;
  return contract.provides | Capabilities{Capability::kImageLogits};
}

absl::StatusOr<std::unique_ptr<Model>> CreateModel(const ModelSpec& spec, ModelContext context,
                                                   absl::string_view path) {
  DFKD_ASSIGN_OR_RETURN(const google::protobuf::Any config, ModelConfig(spec, path));
  if (spec.has_num_classes()) context.num_classes = spec.num_classes();
  if (spec.has_channels()) context.channels = spec.channels();
  if (context.num_classes <= 0) {
    return ConfigError(absl::StrCat(path,
                                    ".num_classes is not set, and neither a teacher's card "
                                    "nor a data set says how many classes there are"));
  }
  return Registry<Model>::Get().Create(config, context, path);
}

int64_t ParameterCount(const Model& model) {
  int64_t count = 0;
  for (const at::Tensor& parameter : model.Parameters()) count += parameter.numel();
  return count;
}

}  // namespace dfkd
