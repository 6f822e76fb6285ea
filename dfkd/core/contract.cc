#include "dfkd/core/contract.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"

namespace dfkd {
namespace {

constexpr std::pair<Capability, const char*> kNames[] = {
    {Capability::kLabels, "labels"},
    {Capability::kClassRows, "class rows"},
    {Capability::kStudentOutput, "student output"},
    {Capability::kBatchNormInputs, "BatchNorm inputs"},
    {Capability::kFeatureMap, "feature map"},
    {Capability::kClassifierWeight, "classifier weight"},
    {Capability::kEmbedding, "embedding"},
    {Capability::kRealData, "real data"},
    {Capability::kPool, "pool"},
    {Capability::kStages, "stages"},
    {Capability::kImages, "images"},
    {Capability::kTeacherOutput, "teacher output"},
    {Capability::kPatchPositions, "patch positions"},
    {Capability::kPixelLogits, "logits for each pixel"},
    {Capability::kMasks, "masks"},
    {Capability::kPreReluMap, "feature map before its ReLU"},
    {Capability::kImageLogits, "logits for whole images"},
};

}  // namespace

std::string Capabilities::ToString() const {
  std::vector<const char*> names;
  for (const auto& [capability, name] : kNames) {
    if (Has(capability)) names.push_back(name);
  }
  return absl::StrJoin(names, ", ");
}

}  // namespace dfkd
