// From an EncoderSpec to an encoder.
#ifndef DFKD_ENCODERS_ENCODER_FACTORY_H_
#define DFKD_ENCODERS_ENCODER_FACTORY_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/encoders/encoder.h"
#include "google/protobuf/any.pb.h"

namespace dfkd {

// The encoder's config: `spec.config`, or that of the preset (encoders/presets/NAME.textproto).
// `path` is where the spec stands, for messages: "method.encoder".
absl::StatusOr<google::protobuf::Any> EncoderConfig(const EncoderSpec& spec,
                                                    absl::string_view path);

absl::StatusOr<std::unique_ptr<Encoder>> CreateEncoder(const EncoderSpec& spec,
                                                       const EncoderContext& context,
                                                       absl::string_view path);

}  // namespace dfkd

#endif  // DFKD_ENCODERS_ENCODER_FACTORY_H_
