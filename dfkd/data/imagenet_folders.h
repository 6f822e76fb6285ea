// ImageNet-1k and subsets of it, in folders that are called by the classes' WordNet ids.
#ifndef DFKD_DATA_IMAGENET_FOLDERS_H_
#define DFKD_DATA_IMAGENET_FOLDERS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/data/class_folders.h"
#include "dfkd/data/dataset.h"
#include "dfkd/data/image_reading.pb.h"

namespace dfkd {

// FOLDER/train/ID/*.JPEG and FOLDER/val/ID/*.JPEG, the test split.
struct ImageNetSubset {
  std::string name;    // "Imagenette"
  std::string source;  // how to get it: "get … from …, unpack it"
  std::vector<FolderClass> classes;
};

// Names of ImageNet's classes of these ids; a CHECK that it has each.
std::vector<FolderClass> ImageNetClasses(absl::Span<const absl::string_view> ids);
// All 1000, in the order of the logits.
std::vector<FolderClass> ImageNetClasses();

// What the configs of these data sets say.
struct ImageNetOptions {
  std::string folder;
  double validation_fraction = 0;
  int64_t size = 224;
  int64_t shorter_side = 0;  // 0: 8/7 of the size
  ImageReading reading;
};

template <typename Config>
ImageNetOptions ImageNetOptionsOf(const Config& config) {
  return {.folder = config.folder(),
          .validation_fraction = config.validation_fraction(),
          .size = config.size(),
          .shorter_side = config.shorter_side(),
          .reading = config.reading()};
}

// A ConfigError where the shorter side is less than the size.
absl::Status CheckImageNetOptions(const ImageNetOptions& options);

// ImageNet's statistics, the size of the options, three channels.
TeacherCard ImageNetCard(const ImageNetSubset& subset, const ImageNetOptions& options);

// Each picture's shorter side is brought to `shorter_side` and the middle cut out, as torchvision
// evaluates. Without a folder "train" there is no train split: to measure, "val" is enough. A class
// without pictures in a split that is there is an error.
absl::StatusOr<std::unique_ptr<Dataset>> OpenImageNet(const ImageNetSubset& subset,
                                                      const ImageNetOptions& options,
                                                      const DatasetContext& context);

// The plugin of such a data set; `Subset` makes its ImageNetSubset.
template <typename ConfigType, ImageNetSubset (*Subset)()>
struct ImageNetPlugin {
  using Config = ConfigType;

  static absl::Status Validate(const Config& config) {
    return CheckImageNetOptions(ImageNetOptionsOf(config));
  }

  static TeacherCard GetOutline(const Config& config, const Experiment&) {
    return ImageNetCard(Subset(), ImageNetOptionsOf(config));
  }

  static absl::StatusOr<std::unique_ptr<Dataset>> Create(const Config& config,
                                                         const DatasetContext& context) {
    return OpenImageNet(Subset(), ImageNetOptionsOf(config), context);
  }
};

}  // namespace dfkd

#endif  // DFKD_DATA_IMAGENET_FOLDERS_H_
