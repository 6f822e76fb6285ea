// What tests of models share.
#ifndef DFKD_MODELS_MODEL_TESTING_H_
#define DFKD_MODELS_MODEL_TESTING_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/models/model.h"
#include "google/protobuf/message.h"

namespace dfkd {

// The spec of the architecture with that config.
ModelSpec SpecOf(const google::protobuf::Message& config);

// A classifier of ten classes for three channels, under the spec's path "student.model".
absl::StatusOr<std::unique_ptr<Model>> TryMakeModel(const google::protobuf::Message& config,
                                                    int64_t height = 32, int64_t width = 32);
// Ends the test program where that fails. The weights follow from a fixed seed.
std::unique_ptr<Model> MakeModel(const google::protobuf::Message& config, int64_t classes,
                                 int64_t channels = 3);

// Golden values of torchvision's network `name`, in dfkd/models/testdata: NAME.txt, and, in
// torchvision.safetensors, logits, embedding and a part of the feature map for two images of each
// size (height, width).
void ExpectIsTorchvisions(Model& model, const std::string& name,
                          const std::vector<std::pair<int64_t, int64_t>>& sizes);
// Deviation and largest number of some freshly drawn weights there.
void ExpectInitialDistributions(const Model& model, const std::string& name);

// The lines of dfkd/models/testdata/NAME.txt, which hold an original's names and shapes.
std::string OriginalNamesAndShapes(const std::string& name);

// Rules that networks which end in global pooling and a linear layer keep. Each fills the weights
// deterministically and takes images of this shape [N, channels, H, W].

// In evaluation mode, with weights and images in channels_last; the feature map is so, too.
void ExpectChannelsLastGivesTheSameLogits(Model& model, at::IntArrayRef images);

// The class activation maps CAM_k = sum_f w[k, f] map_f, averaged over positions, plus the bias are
// the logits; no number of the map is negative, as it lies behind a ReLU.
void ExpectLogitsAreTheMeanClassActivationMapPlusBias(Model& model, at::IntArrayRef images);

// Gradients of the logits, of the second stage and of the second BatchNorm's input reach the images
// through a network whose weights are frozen, which get none.
void ExpectGradientsReachTheImagesWithWeightsFrozen(Model& model, at::IntArrayRef images);

}  // namespace dfkd

#endif  // DFKD_MODELS_MODEL_TESTING_H_
