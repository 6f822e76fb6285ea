// Which architectures a stranger's weights belong to.
#ifndef DFKD_INSPECT_FITTING_PRESETS_H_
#define DFKD_INSPECT_FITTING_PRESETS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "dfkd/weights/weights.h"

namespace dfkd {

struct FittingPreset {
  std::string name;
  int64_t num_classes = 0;
  int64_t channels = 0;
};

struct FittingPresets {
  std::vector<FittingPreset> presets;  // that the file fills
  // Where none does: the one with the most tensors of the file's names and shapes.
  std::string nearest;
  int64_t nearest_equal = 0;  // such tensors
  int64_t nearest_total = 0;  // names in the file or in the preset
};

// Compares names and shapes with every model preset that is linked; how many classes and channels
// there are is read off the file's shapes. Nothing is made in sizes that the file asks for.
FittingPresets FindFittingPresets(const WeightFile& file);

}  // namespace dfkd

#endif  // DFKD_INSPECT_FITTING_PRESETS_H_
