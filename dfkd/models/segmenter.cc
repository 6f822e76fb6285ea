#include "dfkd/models/segmenter.h"

#include <ATen/ops/upsample_bilinear2d.h>

namespace dfkd {

void Segmenter::SetParts(Layer* backbone, Layer* head) {
  backbone_ = backbone;
  head_ = head;
}

ModelOutput Segmenter::Forward(const at::Tensor& x, Taps& taps) {
  ModelOutput output;
  output.feature_map = backbone_->Forward(x, taps);
  output.embedding = output.feature_map.mean({2, 3});
  output.logits = at::upsample_bilinear2d(head_->Forward(output.feature_map, taps),
                                          {x.size(2), x.size(3)}, /*align_corners=*/false);
  return output;
}

}  // namespace dfkd
