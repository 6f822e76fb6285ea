#include "dfkd/encoders/encoder_factory.h"

#include "absl/strings/str_cat.h"
#include "dfkd/core/presets.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"

namespace dfkd {

absl::StatusOr<google::protobuf::Any> EncoderConfig(const EncoderSpec& spec,
                                                    absl::string_view path) {
  if (spec.has_preset() == spec.has_config()) {
    return ConfigError(absl::StrCat(path, ": exactly one of preset and config must be set; ",
                                    spec.has_preset() ? "both are" : "neither is"));
  }
  if (!spec.has_preset()) return spec.config();
  auto config = FindPreset(Encoder::kCategory, spec.preset());
  if (!config.ok()) return Annotate(config.status(), absl::StrCat(path, ".preset"));
  return config;
}

absl::StatusOr<std::unique_ptr<Encoder>> CreateEncoder(const EncoderSpec& spec,
                                                       const EncoderContext& context,
                                                       absl::string_view path) {
  DFKD_ASSIGN_OR_RETURN(const google::protobuf::Any config, EncoderConfig(spec, path));
  return Registry<Encoder>::Get().Create(config, context, path);
}

}  // namespace dfkd
