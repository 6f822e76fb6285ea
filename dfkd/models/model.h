// A classifier: teacher or student. Plugins of category "model".
#ifndef DFKD_MODELS_MODEL_H_
#define DFKD_MODELS_MODEL_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include "dfkd/core/random_stream.h"
#include "dfkd/nn/module.h"
#include "dfkd/nn/taps.h"

namespace dfkd {

struct ModelOutput {
  at::Tensor logits;       // [N, K]
  at::Tensor embedding;    // [N, F], pooled features: what the classifier sees
  at::Tensor feature_map;  // [N, F, h, w], what is pooled into `embedding`; of a model with patch
                           // positions, the patches' tokens beside it, which the logits do not see
};

// How a vision transformer cuts images: patches of `patch` x `patch` pixels, and a learned position
// for each of height x width of them.
struct PatchGrid {
  int64_t patch = 0;
  int64_t height = 0;
  int64_t width = 0;
  bool operator==(const PatchGrid&) const = default;
};

struct ModelContext {
  int64_t num_classes = 0;
  int64_t channels = 3;
  int64_t height = 32;  // 0: not known
  int64_t width = 32;
  RandomStream* init = nullptr;  // initial weights are drawn from here; never null
  // What a forward pass in training mode draws (dropout) comes from here: a stream of the run,
  // which outlives the model. Null for models that are not trained.
  RandomStream* dropout = nullptr;
};

class Model : public Module {
 public:
  static constexpr char kCategory[] = "model";
  using Context = ModelContext;

  // x: [N, channels, H, W], normalised. Any H and W that the architecture allows.
  virtual ModelOutput Forward(const at::Tensor& x, Taps& taps) = 0;
  ModelOutput Forward(const at::Tensor& x) {
    Taps none;
    return Forward(x, none);
  }

  // The last layer: weight [K, F] and bias [K], sharing storage with the parameters; undefined
  // where the architecture has none.
  virtual at::Tensor ClassifierWeight() const = 0;
  virtual at::Tensor ClassifierBias() const = 0;

  // Of a model that provides kPatchPositions. Its images may be smaller than the grid, and lie
  // where taps.patch_offsets says.
  virtual std::optional<PatchGrid> patch_grid() const { return std::nullopt; }
};

}  // namespace dfkd

#endif  // DFKD_MODELS_MODEL_H_
