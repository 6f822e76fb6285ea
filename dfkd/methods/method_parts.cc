#include "dfkd/methods/method_parts.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/generators/generator_input.h"
#include "dfkd/samplers/sampled_labels.h"
#include "dfkd/train/loss_context.h"
#include "dfkd/train/student_stepper.h"
#include "dfkd/train/teacher.h"

namespace dfkd {
namespace {

GeneratorContext MakeGeneratorContext(int64_t input_size, ImageSize size, RandomStream& init,
                                      const MethodServices& services) {
  GeneratorContext context;
  context.input_size = input_size;
  context.channels = services.card->channels();
  context.height = size.height;
  context.width = size.width;
  context.normalization = services.card->normalization();
  context.init = &init;
  context.device = services.device;
  return context;
}

}  // namespace

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

absl::Status RequireStudentSteps(absl::string_view why, const MethodServices& services) {
  if (services.stepper->steps_per_epoch() != 0) return absl::OkStatus();
  return ConfigError(
      absl::StrCat("student.steps_per_epoch is 0; ", why, ", so it must be at least 1"));
}

absl::StatusOr<std::unique_ptr<Generator>> CreateGenerator(const google::protobuf::Any& config,
                                                           int64_t input_size, ImageSize size,
                                                           RandomStream& init,
                                                           const MethodServices& services) {
  DFKD_ASSIGN_OR_RETURN(
      std::unique_ptr<Generator> generator,
      Registry<Generator>::Get().Create(
          config, MakeGeneratorContext(input_size, size, init, services), "method.generator"));
  generator->To(services.device);
  generator->ToChannelsLast();
  return generator;
}

MethodOutline OutlineOfOnePool(const Experiment& experiment, int64_t batches, int64_t batch_size,
                               int64_t steps) {
  const StudentSpec& student = experiment.student();
  MethodOutline outline;
  outline.images = batches * batch_size;
  outline.student_steps = int64_t{experiment.train().epochs()} * student.steps_per_epoch();
  outline.teacher_forwards = outline.images * steps + outline.student_steps * student.batch_size();
  outline.largest_batch = std::max<int64_t>(batch_size, student.batch_size());
  return outline;
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
