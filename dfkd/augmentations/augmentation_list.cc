#include "dfkd/augmentations/augmentation_list.h"

#include <ATen/ops/where.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "glog/logging.h"

namespace dfkd {

absl::StatusOr<std::unique_ptr<AugmentationList>> AugmentationList::Create(
    const google::protobuf::RepeatedPtrField<google::protobuf::Any>& configs,
    absl::string_view path) {
  std::unique_ptr<AugmentationList> list(new AugmentationList());
  for (int i = 0; i < configs.size(); ++i) {
    DFKD_ASSIGN_OR_RETURN(
        std::unique_ptr<Augmentation> augmentation,
        Registry<Augmentation>::Get().Create(configs.Get(i), {}, absl::StrCat(path, "[", i, "]")));
    list->augmentations_.push_back(std::move(augmentation));
  }
  list->moves_only_ = list->FindMovesOnly();
  return list;
}

bool AugmentationList::FindMovesOnly() const {
  RandomStream unused(0, "moves_only");
  const BatchShape large = {0, 4096, 4096};  // a shift by a share of the size is one
  int shifts = 0;
  for (const std::unique_ptr<Augmentation>& augmentation : augmentations_) {
    const std::optional<ImageMoves> moves = augmentation->DrawMoves(large, unused);
    if (!moves.has_value()) return false;
    if (moves->dy.defined()) ++shifts;
  }
  return shifts <= 1;
}

ImageMoves AugmentationList::DrawMoves(const BatchShape& batch, RandomStream& random) const {
  CHECK(moves_only_);
  ImageMoves total;
  for (const std::unique_ptr<Augmentation>& augmentation : augmentations_) {
    const ImageMoves moves = *augmentation->DrawMoves(batch, random);
    const at::Tensor& before = total.mirrored;
    if (moves.dy.defined()) {
      total.dy = moves.dy;
      // A shift behind a flip is the opposite shift before it.
      total.dx = before.defined() ? at::where(before, moves.dx.neg(), moves.dx) : moves.dx;
    }
    if (moves.mirrored.defined()) {
      total.mirrored = before.defined() ? before.logical_xor(moves.mirrored) : moves.mirrored;
    }
  }
  return total;
}

bool AugmentationList::KeepsPixels() const {
  return std::all_of(augmentations_.begin(), augmentations_.end(),
                     [](const auto& augmentation) { return augmentation->KeepsPixels(); });
}

at::Tensor AugmentationList::Apply(const at::Tensor& x, RandomStream& random) const {
  at::Tensor out = x;
  for (const std::unique_ptr<Augmentation>& augmentation : augmentations_) {
    out = augmentation->Apply(out, random);
  }
  return out;
}

}  // namespace dfkd
