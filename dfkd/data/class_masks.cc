#include "dfkd/data/class_masks.h"

#include <filesystem>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "dfkd/core/pixel_labels.h"
#include "dfkd/core/status.h"
#include "dfkd/data/class_folders.h"
#include "dfkd/images/resize.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

// Of every picture and mask: width / height. So the height is the shorter side.
constexpr int64_t kAspectWidth = 4;
constexpr int64_t kAspectHeight = 3;

// What a picture and its mask have in common: the number at the end of the name, without leading
// zeros, or else the name without its suffix.
std::string PairKey(const std::string& path) {
  const std::string stem = std::filesystem::path(path).stem().string();
  size_t begin = stem.size();
  while (begin > 0 && absl::ascii_isdigit(stem[begin - 1])) --begin;
  if (begin == stem.size()) return stem;
  while (begin + 1 < stem.size() && stem[begin] == '0') ++begin;
  return stem.substr(begin);
}

absl::StatusOr<std::map<std::string, std::string>> ListByKey(
    const std::vector<std::string>& paths) {
  std::map<std::string, std::string> by_key;
  for (const std::string& path : paths) {
    const auto [at, is_new] = by_key.emplace(PairKey(path), path);
    if (!is_new) {
      return InputFileError(absl::StrCat(path, " and ", at->second,
                                         " both end in one number, by which pictures and masks "
                                         "are told; rename one"));
    }
  }
  return by_key;
}

absl::Status CheckAspect(const Image& image, const std::string& path) {
  if (image.width * kAspectHeight == image.height * kAspectWidth) return absl::OkStatus();
  return InputFileError(absl::StrCat(path, " has ", image.width, " x ", image.height,
                                     " pixels; width to height must be ", kAspectWidth, " to ",
                                     kAspectHeight));
}

// Of files that `read` gives with so many channels and `resize` brings to size.
template <typename Read, typename Resize>
ImageSplitOptions SplitOptions(const MaskedSplitOptions& options, int64_t channels, Read read,
                               Resize resize) {
  ImageSplitOptions split;
  split.layout.channels = channels;
  split.layout.height = options.shorter_side;
  // Rounded down, as torchvision does.
  split.layout.width = options.shorter_side * kAspectWidth / kAspectHeight;
  split.reading = options.reading;
  split.read = [read, resize,
                layout = split.layout](const std::string& path) -> absl::StatusOr<Image> {
    DFKD_ASSIGN_OR_RETURN(const Image image, read(path));
    DFKD_RETURN_IF_ERROR(CheckAspect(image, path));
    return resize(image, layout.height, layout.width);
  };
  return split;
}

ImageSplitOptions PictureOptions(const MaskedSplitOptions& options) {
  return SplitOptions(
      options, 3, [](const std::string& path) { return ReadImage(path, ColorMode::kRgb); },
      [](const Image& image, int64_t height, int64_t width) {
        return ResizeImage(image, height, width, ResizeFilter::kBilinear);
      });
}

ImageSplitOptions MaskOptions(const MaskedSplitOptions& options) {
  return SplitOptions(
      options, 1,
      [classes = options.classes](const std::string& path) { return ReadClassMask(path, classes); },
      ResizeNearest);
}

LabelledFiles Unlabelled(std::vector<std::string> paths) {
  const size_t count = paths.size();
  return {std::move(paths), std::vector<int64_t>(count, -1)};
}

}  // namespace

absl::StatusOr<Image> ReadClassMask(const std::string& path, int64_t classes) {
  CHECK_LE(classes, kIgnoredPixel);
  DFKD_ASSIGN_OR_RETURN(Image mask, ReadNumbers(path));
  for (size_t i = 0; i < mask.pixels.size(); ++i) {
    uint8_t& pixel = mask.pixels[i];
    if (pixel > classes) {
      const auto place = static_cast<int64_t>(i);
      return InputFileError(absl::StrCat(
          path, " holds ", int{pixel}, " at row ", place / mask.width, ", column ",
          place % mask.width, "; must be in [0, ", classes, "]: 0 for no class, then the classes"));
    }
    pixel = pixel == 0 ? static_cast<uint8_t>(kIgnoredPixel) : static_cast<uint8_t>(pixel - 1);
  }
  return mask;
}

absl::StatusOr<MaskedFiles> PairMasks(const std::string& image_dir, const std::string& mask_dir) {
  DFKD_ASSIGN_OR_RETURN(const std::vector<std::string> images, ListPictures(image_dir));
  DFKD_ASSIGN_OR_RETURN(const std::vector<std::string> masks, ListPictures(mask_dir));
  if (images.empty()) return InputFileError(absl::StrCat(image_dir, " has no pictures"));
  DFKD_RETURN_IF_ERROR(ListByKey(images).status());
  DFKD_ASSIGN_OR_RETURN(auto mask_of, ListByKey(masks));
  MaskedFiles files;
  for (const std::string& image : images) {
    const auto mask = mask_of.find(PairKey(image));
    if (mask == mask_of.end()) {
      return InputFileError(
          absl::StrCat(image, " has no mask in ", mask_dir, ", none ending in ", PairKey(image)));
    }
    files.images.push_back(image);
    files.masks.push_back(mask->second);
    mask_of.erase(mask);
  }
  if (mask_of.empty()) return files;
  return InputFileError(
      absl::StrCat(mask_of.begin()->second, " is the mask of no picture in ", image_dir));
}

MaskedSplit::MaskedSplit(MaskedFiles files, const MaskedSplitOptions& options)
    : images_(Unlabelled(std::move(files.images)), PictureOptions(options)),
      masks_(Unlabelled(std::move(files.masks)), MaskOptions(options)) {
  CHECK_EQ(images_.size(), masks_.size()) << "one mask per picture";
}

absl::StatusOr<at::Tensor> MaskedSplit::Images(const at::Tensor& index) const {
  return images_.Images(index);
}

absl::StatusOr<at::Tensor> MaskedSplit::Masks(const at::Tensor& index) const {
  DFKD_ASSIGN_OR_RETURN(const at::Tensor masks, masks_.Bytes(index));
  return masks.squeeze(1);
}

void MaskedSplit::Prefetch(const at::Tensor& index) const {
  images_.Prefetch(index);
  masks_.Prefetch(index);
}

}  // namespace dfkd
