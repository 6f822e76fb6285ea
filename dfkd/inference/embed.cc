#include "dfkd/inference/embed.h"

#include <memory>

#include "dfkd/core/any_config.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/core/status.h"
#include "dfkd/encoders/encoder_factory.h"
#include "dfkd/train/precision.h"

namespace dfkd {
namespace {

using google::protobuf::FieldDescriptor;

// The config's field `prompt`, where its type has one.
std::string PromptOf(const google::protobuf::Any& config) {
  const std::unique_ptr<google::protobuf::Message> message = UnpackAny(config);
  if (message == nullptr) return "";
  const FieldDescriptor* field = message->GetDescriptor()->FindFieldByName("prompt");
  if (field == nullptr || field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) return "";
  return message->GetReflection()->GetString(*message, field);
}

}  // namespace

absl::StatusOr<EmbeddingTable> Embed(const EncoderSpec& encoder,
                                     const std::vector<std::string>& labels, uint64_t seed,
                                     TrainSpec::Precision precision) {
  RandomStreams streams(seed);
  DFKD_ASSIGN_OR_RETURN(
      const std::unique_ptr<Encoder> made,
      CreateEncoder(encoder, EncoderContext{.random = &streams.Get("encoder")}, "encoder"));
  EmbeddingTable table;
  const PrecisionScope scope(precision);
  DFKD_ASSIGN_OR_RETURN(const at::Tensor rows, made->Encode(labels));
  table.rows = rows.to(at::kFloat);
  table.labels = labels;
  table.prompt = PromptOf(encoder.config());
  table.encoder = PrintTextprotoLine(encoder.config());
  return table;
}

}  // namespace dfkd
