#include "dfkd/data/dataset_card.h"

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"

namespace dfkd {

absl::StatusOr<ImageSize> ChooseImageSize(const DatasetContext& teacher, int64_t size,
                                          int64_t usual, absl::string_view config) {
  const int64_t own = size > 0 ? size : usual;
  const ImageSize chosen = {teacher.height > 0 ? teacher.height : own,
                            teacher.width > 0 ? teacher.width : own};
  if (size > 0 && (chosen.height != size || chosen.width != size)) {
    return ConfigError(absl::StrCat(config, ".size is ", size, ", but the teacher wants ",
                                    chosen.height, "x", chosen.width, " pixels; leave size out"));
  }
  return chosen;
}

absl::Status CheckTeacherSize(const DatasetContext& teacher, int64_t size, absl::string_view set) {
  if ((teacher.height == 0 || teacher.height == size) &&
      (teacher.width == 0 || teacher.width == size)) {
    return absl::OkStatus();
  }
  return ConfigError(absl::StrCat(set, " has images of ", size, "x", size,
                                  " pixels, but the teacher wants ", teacher.height, "x",
                                  teacher.width));
}

void SetImageSize(int64_t height, int64_t width, int64_t channels, TeacherCard* card) {
  if (height > 0) card->set_height(static_cast<int32_t>(height));
  if (width > 0) card->set_width(static_cast<int32_t>(width));
  card->set_channels(static_cast<int32_t>(channels));
}

Normalization HalfNormalization(int64_t channels) {
  Normalization normalization;
  for (int64_t c = 0; c < channels; ++c) {
    normalization.add_mean(0.5f);
    normalization.add_std(0.5f);
  }
  return normalization;
}

Normalization ImageNetNormalization() {
  Normalization normalization;
  for (const float mean : {0.485f, 0.456f, 0.406f}) normalization.add_mean(mean);
  for (const float std : {0.229f, 0.224f, 0.225f}) normalization.add_std(std);
  return normalization;
}

}  // namespace dfkd
