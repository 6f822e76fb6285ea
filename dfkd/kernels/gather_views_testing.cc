#include "dfkd/kernels/gather_views_testing.h"

#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/random_stream.h"
#include "glog/logging.h"

namespace dfkd {

ViewsOfImages DrawViews(int64_t channels) {
  constexpr int64_t kImages = 9, kViews = 40;
  RandomStream random(0, "views");
  return {.images = random.Integers({kImages, channels, 6, 5}, 0, 256).to(at::kByte),
          .index = random.Integers({kViews}, 0, kImages),
          .moves = {.dy = random.Integers({kViews}, -7, 8),
                    .dx = random.Integers({kViews}, -6, 7),
                    .mirrored = random.Uniform({kViews}).lt(0.5)}};
}

Normalizer DrawNormalizer(int64_t channels) {
  Normalization normalization;
  for (int64_t c = 0; c < channels; ++c) {
    normalization.add_mean(0.4f + 0.05f * static_cast<float>(c));
    normalization.add_std(0.25f - 0.01f * static_cast<float>(c));
  }
  auto normalizer = Normalizer::Create(normalization, channels, at::kCPU);
  CHECK(normalizer.ok()) << normalizer.status();
  return *normalizer;
}

}  // namespace dfkd
