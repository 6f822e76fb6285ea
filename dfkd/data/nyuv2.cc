// NYU Depth v2 with 13 classes of pixels: 1,449 pictures of 640 x 480 pixels, of which 795 are to
// train on and 654 to test:
//
//   FOLDER/train/image/*.png   FOLDER/train/label/*.png      and test/ likewise
//
// under these names or those that the spec gives. A picture and its mask are told by the number
// that their names end in. Both are resized so that the shorter side is 256, the mask by its
// nearest pixel. Splits give whole pictures, 256 x 341; training takes windows out of them
// (augmentations/random_window.cc). The card's size is that of what a generator makes.
//
// Sources: Silberman, Hoiem, Kohli, Fergus, "Indoor segmentation and support inference from RGBD
// images", 2012; Couprie et al., "Indoor semantic segmentation using depth information", 2013 (the
// 13 classes); sizes and normalisation as in the public DFAD and Fast code.
//
//   data { source { [type.googleapis.com/dfkd.Nyuv2Config] { folder: "data/nyuv2" } } }
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/contract.h"
#include "dfkd/core/files.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/data/class_masks.h"
#include "dfkd/data/dataset.h"
#include "dfkd/data/dataset_card.h"
#include "dfkd/data/nyuv2.pb.h"

namespace dfkd {
namespace {

// In the order of the mask files' numbers, from 1.
constexpr const char* kClasses[] = {"bed",       "books",   "ceiling", "chair", "floor",
                                    "furniture", "objects", "picture", "sofa",  "table",
                                    "tv",        "wall",    "window"};

TeacherCard MakeCard(int64_t height, int64_t width) {
  TeacherCard card;
  for (const char* name : kClasses) card.add_class_name(name);
  *card.mutable_normalization() = HalfNormalization(3);
  SetImageSize(height, width, 3, &card);
  return card;
}

absl::Status CheckFolder(const std::string& path, absl::string_view field) {
  if (FileExists(path)) return absl::OkStatus();
  return InputFileError(absl::StrCat(
      path,
      " is missing. It belongs to NYUv2 with 13 classes: pictures and their masks in folders "
      "that data.source's `folder` and `",
      field,
      "` name (docs/data.md tells where to get "
      "them)"));
}

// Null where `images` is empty.
absl::StatusOr<std::unique_ptr<const Split>> OpenSplit(const Nyuv2Config& config,
                                                       absl::string_view name,
                                                       const std::string& images,
                                                       const std::string& masks) {
  if (images.empty()) return nullptr;
  const std::string image_dir = JoinPath(config.folder(), images);
  const std::string mask_dir = JoinPath(config.folder(), masks);
  DFKD_RETURN_IF_ERROR(CheckFolder(image_dir, absl::StrCat(name, "_images")));
  DFKD_RETURN_IF_ERROR(CheckFolder(mask_dir, absl::StrCat(name, "_masks")));
  DFKD_ASSIGN_OR_RETURN(MaskedFiles files, PairMasks(image_dir, mask_dir));
  MaskedSplitOptions options;
  options.classes = static_cast<int64_t>(std::size(kClasses));
  options.shorter_side = config.shorter_side();
  options.reading = config.reading();
  return std::make_unique<MaskedSplit>(std::move(files), options);
}

struct Nyuv2 {
  using Config = Nyuv2Config;

  static Contract GetContract(const Config&) { return {{}, {Capability::kMasks}}; }

  static TeacherCard GetOutline(const Config& config, const Experiment&) {
    return MakeCard(config.size(), config.size());
  }

  static absl::StatusOr<std::unique_ptr<Dataset>> Create(const Config& config,
                                                         const DatasetContext& context) {
    Splits splits;
    DFKD_ASSIGN_OR_RETURN(splits.train,
                          OpenSplit(config, "train", config.train_images(), config.train_masks()));
    DFKD_ASSIGN_OR_RETURN(splits.test,
                          OpenSplit(config, "test", config.test_images(), config.test_masks()));
    if (splits.train == nullptr && splits.test == nullptr) {
      return ConfigError("train_images and test_images are both empty");
    }
    TeacherCard card = MakeCard(context.height > 0 ? context.height : config.size(),
                                context.width > 0 ? context.width : config.size());
    return std::make_unique<SplitDataset>(std::move(card), std::move(splits));
  }
};

DFKD_REGISTER_PLUGIN(Dataset, Nyuv2);

}  // namespace
}  // namespace dfkd
