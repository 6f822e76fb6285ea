// What methods make in the same way from their config and from what a run lends them.
#ifndef DFKD_METHODS_METHOD_PARTS_H_
#define DFKD_METHODS_METHOD_PARTS_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/contract.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/random_stream.h"
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

// ConfigError where the student takes no steps in an epoch: a pass over what it learns from, which
// `why` says has no end.
absl::Status RequireStudentSteps(absl::string_view why, const MethodServices& services);

// `config`, which is `method.generator`, on its device: for images of `size`, with the channels
// that the teacher's card says. Its weights are drawn from `init`.
absl::StatusOr<std::unique_ptr<Generator>> CreateGenerator(const google::protobuf::Any& config,
                                                           int64_t input_size, ImageSize size,
                                                           RandomStream& init,
                                                           const MethodServices& services);

// Of a method that makes `batches` of `batch_size` images at the teacher's size, each in `steps`
// steps that ask the teacher, for a student that learns from one pool of them.
MethodOutline OutlineOfOnePool(const Experiment& experiment, int64_t batches, int64_t batch_size,
                               int64_t steps);

// ConfigError where class rows are to go into the generator, but a batch has no labels to take them
// by.
absl::Status CheckRowsHaveLabels(const GeneratorInputConfig& input,
                                 const google::protobuf::Any& label_sampler);

// Of the images that the teacher takes.
ImageSize TeacherImageSize(const MethodServices& services);

}  // namespace dfkd

#endif  // DFKD_METHODS_METHOD_PARTS_H_
