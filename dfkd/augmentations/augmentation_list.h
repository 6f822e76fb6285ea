// Augmentations one after the other, as specs list them.
#ifndef DFKD_AUGMENTATIONS_AUGMENTATION_LIST_H_
#define DFKD_AUGMENTATIONS_AUGMENTATION_LIST_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/augmentations/augmentation.h"
#include "dfkd/core/random_stream.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/repeated_field.h"

namespace dfkd {

class AugmentationList {
 public:
  // `path` is where the list stands in the spec, for messages: "student.augmentations".
  static absl::StatusOr<std::unique_ptr<AugmentationList>> Create(
      const google::protobuf::RepeatedPtrField<google::protobuf::Any>& configs,
      absl::string_view path);

  // x [N, C, H, W] -> same shape; an empty list gives x itself.
  at::Tensor Apply(const at::Tensor& x, RandomStream& random) const;

  // Whether all that the list does is to move each image as a whole, shifting it at most once (what
  // a shift cuts off, no second one brings back).
  bool moves_only() const { return moves_only_; }
  // By the same draws as Apply: Apply(x, random) is MoveImages(x, DrawMoves(BatchShape::Of(x),
  // random)). Only where moves_only().
  ImageMoves DrawMoves(const BatchShape& batch, RandomStream& random) const;

  // Whether all of them keep pixels as they are (Augmentation::KeepsPixels).
  bool KeepsPixels() const;

  bool empty() const { return augmentations_.empty(); }

 private:
  AugmentationList() = default;
  bool FindMovesOnly() const;

  bool moves_only_ = true;
  std::vector<std::unique_ptr<Augmentation>> augmentations_;
};

}  // namespace dfkd

#endif  // DFKD_AUGMENTATIONS_AUGMENTATION_LIST_H_
