#include "dfkd/data/dataset.h"

namespace dfkd {

absl::string_view NameOf(SplitName split) {
  switch (split) {
    case SplitName::kTrain:
      return "train";
    case SplitName::kValidation:
      return "validation";
    case SplitName::kTest:
      return "test";
  }
  return "";
}

const Split* SplitDataset::split(SplitName name) const {
  switch (name) {
    case SplitName::kTrain:
      return splits_.train.get();
    case SplitName::kValidation:
      return splits_.validation.get();
    case SplitName::kTest:
      return splits_.test.get();
  }
  return nullptr;
}

}  // namespace dfkd
