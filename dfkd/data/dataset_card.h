// What data sets say of their images, and what a teacher may ask of them.
#ifndef DFKD_DATA_DATASET_CARD_H_
#define DFKD_DATA_DATASET_CARD_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/data/dataset.h"

namespace dfkd {

struct ImageSize {
  int64_t height = 0;
  int64_t width = 0;
};

// The size of a set that can be made in any: the teacher's, else its config's `size` (0: not set),
// else `usual`. ConfigError where the first two differ; `config` is the message's name.
absl::StatusOr<ImageSize> ChooseImageSize(const DatasetContext& teacher, int64_t size,
                                          int64_t usual, absl::string_view config);

// ConfigError where the teacher wants another size than that of the set's images, size x size.
absl::Status CheckTeacherSize(const DatasetContext& teacher, int64_t size, absl::string_view set);

// 0: not known, and left out.
void SetImageSize(int64_t height, int64_t width, int64_t channels, TeacherCard* card);

// Mean and deviation 0.5 for each channel: [0, 1] becomes [-1, 1].
Normalization HalfNormalization(int64_t channels);
// Those of torchvision's ImageNet models, red first.
Normalization ImageNetNormalization();

}  // namespace dfkd

#endif  // DFKD_DATA_DATASET_CARD_H_
