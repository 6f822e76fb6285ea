// Which classes a synthesised batch shows. Plugins of category "label_sampler".
#ifndef DFKD_SAMPLERS_LABEL_SAMPLER_H_
#define DFKD_SAMPLERS_LABEL_SAMPLER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "dfkd/core/random_stream.h"

namespace dfkd {

struct LabelSamplerContext {
  int64_t num_classes = 0;  // at least 1
};

class LabelSampler {
 public:
  static constexpr char kCategory[] = "label_sampler";
  using Context = LabelSamplerContext;

  virtual ~LabelSampler() = default;
  // `count` classes in [0, num_classes): [count] int64 on the CPU. One draw from `random`. A
  // sampler that provides Capability::kLabels does that; any other gives -1, no class.
  virtual at::Tensor Sample(int64_t count, RandomStream& random) const = 0;
};

}  // namespace dfkd

#endif  // DFKD_SAMPLERS_LABEL_SAMPLER_H_
