#include "dfkd/inspect/fitting_presets.h"

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <utility>

#include "dfkd/core/presets.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/models/model_factory.h"

namespace dfkd {
namespace {

using TensorMap = std::map<std::string, at::Tensor>;
using Shape = std::vector<int64_t>;

// Sizes that no layer has, so that in the probe's shapes they stand for themselves.
constexpr int64_t kProbeClasses = 1009;
constexpr int64_t kProbeChannels = 61;

std::unique_ptr<Model> MakeProbe(const std::string& preset) {
  RandomStream init = RandomStream::Zeros();
  ModelSpec spec;
  spec.set_preset(preset);
  ModelContext context;
  context.num_classes = kProbeClasses;
  context.channels = kProbeChannels;
  context.init = &init;
  auto model = CreateModel(spec, context, "probe");
  return model.ok() ? *std::move(model) : nullptr;
}

// The file's size where the probe has `stand_in`; 0 where nothing tells.
int64_t ReadOff(const TensorMap& probe, const TensorMap& file, int64_t stand_in) {
  for (const auto& [name, tensor] : probe) {
    const auto found = file.find(name);
    if (found == file.end() || found->second.dim() != tensor.dim()) continue;
    for (int64_t d = 0; d < tensor.dim(); ++d) {
      if (tensor.size(d) == stand_in) return found->second.size(d);
    }
  }
  return 0;
}

Shape Expected(const at::Tensor& probe, const FittingPreset& preset) {
  Shape shape = probe.sizes().vec();
  for (int64_t& size : shape) {
    if (size == kProbeClasses) size = preset.num_classes;
    if (size == kProbeChannels) size = preset.channels;
  }
  return shape;
}

struct Comparison {
  int64_t equal = 0;
  int64_t missing = 0;   // in the file, or of another shape there
  int64_t leftover = 0;  // in the file alone
};

Comparison Compare(const TensorMap& probe, const TensorMap& file, const FittingPreset& preset) {
  Comparison result;
  for (const auto& [name, tensor] : probe) {
    const auto found = file.find(name);
    if (found == file.end()) {
      if (!MayBeMissing(name)) ++result.missing;
    } else if (found->second.sizes().vec() == Expected(tensor, preset) &&
               found->second.is_floating_point() == tensor.is_floating_point()) {
      ++result.equal;
    } else {
      ++result.missing;
    }
  }
  for (const auto& [name, tensor] : file) result.leftover += probe.contains(name) ? 0 : 1;
  return result;
}

}  // namespace

FittingPresets FindFittingPresets(const WeightFile& file) {
  FittingPresets found;
  for (const std::string& name : PresetNames(Model::kCategory)) {
    const std::unique_ptr<Model> model = MakeProbe(name);
    if (model == nullptr) continue;
    TensorMap probe;
    for (const NamedTensor& named : model->NamedState()) probe.emplace(named.name, named.tensor);
    const TensorMap tensors = NamedAsIn(*model, file);
    const FittingPreset preset = {name, ReadOff(probe, tensors, kProbeClasses),
                                  ReadOff(probe, tensors, kProbeChannels)};
    const Comparison result = Compare(probe, tensors, preset);
    if (result.missing == 0 && result.leftover == 0) {
      found.presets.push_back(preset);
    } else if (result.equal > found.nearest_equal) {
      found.nearest = name;
      found.nearest_equal = result.equal;
      found.nearest_total = result.equal + result.missing + result.leftover;
    }
  }
  return found;
}

}  // namespace dfkd
