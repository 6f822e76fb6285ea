// What networks that give logits for each pixel have in common.
#ifndef DFKD_MODELS_SEGMENTER_H_
#define DFKD_MODELS_SEGMENTER_H_

#include <ATen/core/Tensor.h>

#include "dfkd/core/contract.h"
#include "dfkd/models/model.h"
#include "dfkd/nn/layers.h"

namespace dfkd {

// A backbone of convolutions with BatchNorm, a head that makes logits of each place of its map, and
// bilinear enlargement: images [N, C, H, W] of any size -> logits [N, K, H, W].
class Segmenter : public Model {
 public:
  // No classifier weight: an image that shows several classes has no class activation map. The
  // embedding tells how alike two images are, not of which class.
  template <typename Config>
  static Contract GetContract(const Config&) {
    return {{},
            {Capability::kBatchNormInputs, Capability::kFeatureMap, Capability::kEmbedding,
             Capability::kStages, Capability::kPixelLogits}};
  }

  // feature_map is the backbone's map [N, F, h, w], embedding its mean.
  using Model::Forward;
  ModelOutput Forward(const at::Tensor& x, Taps& taps) override;

 protected:
  // Of this model's modules: [N, C, H, W] -> [N, F, h, w] -> [N, K, h, w].
  void SetParts(Layer* backbone, Layer* head);

 private:
  Layer* backbone_ = nullptr;
  Layer* head_ = nullptr;
};

}  // namespace dfkd

#endif  // DFKD_MODELS_SEGMENTER_H_
