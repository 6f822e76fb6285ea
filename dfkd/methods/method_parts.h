// What methods make in the same way from their config and from what a run lends them.
#ifndef DFKD_METHODS_METHOD_PARTS_H_
#define DFKD_METHODS_METHOD_PARTS_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/contract.h"
#include "dfkd/generators/generator.h"
#include "dfkd/generators/generator_input.pb.h"
#include "dfkd/losses/loss_set.h"
#include "dfkd/methods/method.h"
#include "google/protobuf/any.pb.h"

namespace dfkd {

// The needs of a method with the losses `method.losses`, which ask the teacher.
Capabilities NeedsOfLosses(const LossSet::Specs& losses);

absl::StatusOr<std::unique_ptr<LossSet>> CreateLosses(const LossSet::Specs& losses,
                                                      const MethodServices& services);

// ConfigError where `services` have no teacher. `config`: the name of the method's message.
absl::Status RequireTeacher(absl::string_view config, const MethodServices& services);

// For a generator of images of `size`, with the channels that the teacher's card says.
GeneratorContext MakeGeneratorContext(int64_t input_size, ImageSize size,
                                      const MethodServices& services);

// ConfigError where class rows are to go into the generator, but a batch has no labels to take them
// by.
absl::Status CheckRowsHaveLabels(const GeneratorInputConfig& input,
                                 const google::protobuf::Any& label_sampler);

// Of the images that the teacher takes.
ImageSize TeacherImageSize(const MethodServices& services);

}  // namespace dfkd

#endif  // DFKD_METHODS_METHOD_PARTS_H_
