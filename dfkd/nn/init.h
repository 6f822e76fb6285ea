// Initial distributions other than the layers' defaults.
#ifndef DFKD_NN_INIT_H_
#define DFKD_NN_INIT_H_

#include <ATen/core/Tensor.h>

#include "dfkd/core/random_stream.h"

namespace dfkd {

// N(0, 2 / (out * kh * kw)) for a convolution's weight [out, in, kh, kw]: torch.nn.init's
// kaiming_normal_ with mode fan_out, as residual networks draw theirs.
void DrawKaimingNormalFanOut(const at::Tensor& weight, RandomStream& init);

}  // namespace dfkd

#endif  // DFKD_NN_INIT_H_
