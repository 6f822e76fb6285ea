// Pictures beside which lie others that name the class of each pixel.
#ifndef DFKD_DATA_CLASS_MASKS_H_
#define DFKD_DATA_CLASS_MASKS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/data/dataset.h"
#include "dfkd/data/image_reading.pb.h"
#include "dfkd/data/image_split.h"
#include "dfkd/images/image.h"

namespace dfkd {

// A mask file with 0 for a pixel of no class and 1 to `classes` for the classes: those from 0 on,
// and kIgnoredPixel. InputFileError, with the path and the place, for any other number.
absl::StatusOr<Image> ReadClassMask(const std::string& path, int64_t classes);

struct MaskedFiles {
  std::vector<std::string> images;
  std::vector<std::string> masks;  // of the same pictures
};

// The pictures in `image_dir` and their masks in `mask_dir`, in the order of the pictures' names.
// Two belong together where their names end in one number ("nyu_rgb_0016.png" and
// "new_nyu_class13_0016.png") or, without numbers, are equal but for the suffix. Whatever lacks its
// partner, or has two, is refused by name.
absl::StatusOr<MaskedFiles> PairMasks(const std::string& image_dir, const std::string& mask_dir);

struct MaskedSplitOptions {
  int64_t classes = 0;
  int64_t shorter_side = 0;  // to which pictures and masks are resized
  ImageReading reading;
};

// Pictures resized as by torchvision's Resize(shorter_side), bilinear, and masks likewise by their
// nearest pixel; each must be 4 wide to 3 high. The labels are all -1.
class MaskedSplit : public Split {
 public:
  MaskedSplit(MaskedFiles files, const MaskedSplitOptions& options);

  int64_t size() const override { return images_.size(); }
  const at::Tensor& labels() const override { return images_.labels(); }
  bool has_masks() const override { return true; }
  absl::StatusOr<at::Tensor> Images(const at::Tensor& index) const override;
  absl::StatusOr<at::Tensor> Masks(const at::Tensor& index) const override;
  void Prefetch(const at::Tensor& index) const override;

 private:
  const ImageSplit images_;
  const ImageSplit masks_;
};

}  // namespace dfkd

#endif  // DFKD_DATA_CLASS_MASKS_H_
