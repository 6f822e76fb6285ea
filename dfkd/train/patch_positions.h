// Where images that are smaller than a vision transformer's grid of positions lie in it: the run's
// train.patch_sampler, and the grid of its networks.
#ifndef DFKD_TRAIN_PATCH_POSITIONS_H_
#define DFKD_TRAIN_PATCH_POSITIONS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/models/model.h"
#include "dfkd/samplers/patch_sampler.h"
#include "google/protobuf/any.pb.h"

namespace dfkd {

// An image's size in patches. ConfigError where they do not divide it, or it is larger than the
// grid.
absl::StatusOr<PatchWindow> WindowOf(const PatchGrid& grid, int64_t height, int64_t width);

class PatchPositions {
 public:
  // `teacher` may be null. ConfigError where neither network has a grid, and where both have one
  // and the two differ: an image's place is drawn once, for both.
  static absl::StatusOr<std::unique_ptr<PatchPositions>> Create(
      const google::protobuf::Any& sampler, const Model* teacher, const Model& student);

  // ConfigError where places of images of that size cannot be drawn.
  absl::Status Check(int64_t height, int64_t width) const;

  // For Taps::patch_offsets: places of the images [N, C, H, W], by one draw of the stream
  // "patch_positions"; undefined, and nothing drawn, where they fill the grid.
  absl::StatusOr<at::Tensor> Draw(const at::Tensor& images, RandomStreams& streams) const;

 private:
  PatchPositions(std::unique_ptr<PatchSampler> sampler, PatchGrid grid)
      : sampler_(std::move(sampler)), grid_(grid) {}

  // Of images of that size; places for them can be drawn where they do not fill the grid.
  absl::StatusOr<PatchWindow> CheckedWindow(int64_t height, int64_t width) const;

  std::unique_ptr<PatchSampler> sampler_;
  PatchGrid grid_;
};

}  // namespace dfkd

#endif  // DFKD_TRAIN_PATCH_POSITIONS_H_
