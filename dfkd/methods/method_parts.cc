#include "dfkd/methods/method_parts.h"

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"
#include "dfkd/generators/generator_input.h"
#include "dfkd/samplers/sampled_labels.h"
#include "dfkd/train/loss_context.h"
#include "dfkd/train/teacher.h"

namespace dfkd {

Capabilities NeedsOfLosses(const LossSet::Specs& losses) {
  // A spec with bad losses is refused by the check of its fields; here it needs nothing.
  return LossSet::Needs(losses, "method.losses").value_or(Capabilities()) |
         Capabilities{Capability::kTeacherOutput};
}

absl::StatusOr<std::unique_ptr<LossSet>> CreateLosses(const LossSet::Specs& losses,
                                                      const MethodServices& services) {
  return LossSet::Create(losses,
                         MakeLossContext(*services.card, &services.teacher->model(),
                                         services.student, services.streams, services.device),
                         "method.losses");
}

absl::Status RequireTeacher(absl::string_view config, const MethodServices& services) {
  if (services.teacher != nullptr) return absl::OkStatus();
  return ConfigError(
      absl::StrCat("method ", config, " needs a teacher; set teacher.model or teacher.from"));
}

GeneratorContext MakeGeneratorContext(int64_t input_size, ImageSize size,
                                      const MethodServices& services) {
  GeneratorContext context;
  context.input_size = input_size;
  context.channels = services.card->channels();
  context.height = size.height;
  context.width = size.width;
  context.normalization = services.card->normalization();
  context.init = &services.streams->Get("generator_init");
  context.device = services.device;
  return context;
}

absl::Status CheckRowsHaveLabels(const GeneratorInputConfig& input,
                                 const google::protobuf::Any& label_sampler) {
  if (!GeneratorInput::UsesRows(input) || SampledLabels(label_sampler).Has(Capability::kLabels)) {
    return absl::OkStatus();
  }
  return ConfigError(absl::StrCat("input.source is ",
                                  GeneratorInputConfig::Source_Name(input.source()),
                                  ", but label_sampler gives no classes to take rows of; set "
                                  "input.source: NOISE"));
}

ImageSize TeacherImageSize(const MethodServices& services) {
  return {services.card->height(), services.card->width()};
}

}  // namespace dfkd
