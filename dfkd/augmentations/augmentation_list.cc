#include "dfkd/augmentations/augmentation_list.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"

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
  return list;
}

at::Tensor AugmentationList::Apply(const at::Tensor& x, RandomStream& random) const {
  at::Tensor out = x;
  for (const std::unique_ptr<Augmentation>& augmentation : augmentations_) {
    out = augmentation->Apply(out, random);
  }
  return out;
}

}  // namespace dfkd
