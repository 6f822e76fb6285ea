// Images that a measure compares: new ones, those of the pool, real ones.
#ifndef DFKD_MEASURES_RUN_IMAGES_H_
#define DFKD_MEASURES_RUN_IMAGES_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/data/dataset.h"
#include "dfkd/measures/measure.h"

namespace dfkd {

struct RunImages {
  at::Tensor images;  // [N, C, H, W] float32 in [0, 1] on the CPU
  at::Tensor labels;  // [N] int64; -1: unknown
  // For people: "1,000 new images, made by the run's generator".
  std::string source;
  // How many of the pool's newest they are.
  int64_t newest_of_pool = 0;
};

// Images in the pool that is looked at; 0 where the method keeps none.
int64_t PoolSize(const MeasureContext& context);

// The newest of the pool, at most `count` and half of them: these are what the method's steps for a
// batch came to. Without a pool, as the method makes them now, spread over the classes where it can
// be asked for classes. ConfigError where the run has made none.
absl::StatusOr<RunImages> NewImages(const MeasureContext& context, int64_t count,
                                    RandomStream& random);

// At most `count`, drawn without replacement from the pool; `new_images` are left out. ConfigError
// where there are none.
absl::StatusOr<RunImages> PoolImages(const MeasureContext& context, int64_t count,
                                     const RunImages& new_images, RandomStream& random);

// At most `count`, drawn without replacement from the test split, else the validation split.
// ConfigError where there is neither.
absl::StatusOr<RunImages> RealImages(const MeasureContext& context, int64_t count,
                                     RandomStream& random);

}  // namespace dfkd

#endif  // DFKD_MEASURES_RUN_IMAGES_H_
