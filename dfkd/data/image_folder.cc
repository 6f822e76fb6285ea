// Pictures of the user's own: FOLDER/SPLIT/CLASS/*.png (or .jpg, .jpeg), as torchvision's
// ImageFolder has them. Pictures may lie in folders below their class's.
//
// Each picture is read as Pillow's convert("RGB") does, brought to size as torchvision's
// Resize(shorter_side) and CenterCrop(size) do, or squashed; dfkd/images compares both byte for
// byte. Splits that have no folder can be drawn from the train split.
//
//   data { source { [type.googleapis.com/dfkd.ImageFolderConfig] {
//     folder: "data/imagenette2" test: "val" class_file: "data/LOC_synset_mapping.txt" } } }
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/data/class_folders.h"
#include "dfkd/data/dataset.h"
#include "dfkd/data/dataset_card.h"
#include "dfkd/data/image_folder.pb.h"
#include "dfkd/data/image_split.h"

namespace dfkd {
namespace {

constexpr int64_t kDefaultSize = 224;
constexpr int64_t kMaxClassFileBytes = 1 << 24;

std::vector<FolderClass> ClassesOf(const ImageFolderConfig& config) {
  std::vector<FolderClass> classes;
  for (const auto& one : config.class_()) {
    classes.push_back({one.folder(), one.has_name() ? one.name() : one.folder()});
  }
  return classes;
}

// Height and width 0: not known.
TeacherCard MakeCard(const ImageFolderConfig& config, const std::vector<FolderClass>& classes,
                     int64_t height, int64_t width) {
  TeacherCard card;
  for (const FolderClass& one : classes) card.add_class_name(one.name);
  if (config.has_normalization()) {
    *card.mutable_normalization() = config.normalization();
  } else {
    *card.mutable_normalization() =
        config.channels() == 1 ? HalfNormalization(1) : ImageNetNormalization();
  }
  SetImageSize(height, width, config.channels(), &card);
  return card;
}

absl::StatusOr<ImageLayout> MakeLayout(const ImageFolderConfig& config,
                                       const DatasetContext& context) {
  DFKD_ASSIGN_OR_RETURN(const ImageSize size,
                        ChooseImageSize(context, config.size(), kDefaultSize, "ImageFolderConfig"));
  ImageLayout layout;
  layout.channels = config.channels();
  layout.height = size.height;
  layout.width = size.width;
  layout.fit = config.resize() == ImageFolderConfig::SQUASH ? ImageLayout::Fit::kSquash
                                                            : ImageLayout::Fit::kCrop;
  const int64_t longer = std::max(layout.height, layout.width);
  layout.shorter_side =
      config.has_shorter_side() ? config.shorter_side() : UsualShorterSide(longer);
  if (layout.shorter_side < longer) {
    return ConfigError(absl::StrCat("ImageFolderConfig.shorter_side is ", layout.shorter_side,
                                    "; must be at least the size, ", longer));
  }
  layout.filter = config.filter() == ImageFolderConfig::BICUBIC ? ResizeFilter::kBicubic
                                                                : ResizeFilter::kBilinear;
  return layout;
}

std::string SplitPath(const ImageFolderConfig& config, const std::string& folder) {
  return folder == "." ? config.folder() : JoinPath(config.folder(), folder);
}

// The test split's folder; empty: there is none.
std::string TestFolder(const ImageFolderConfig& config) {
  if (config.has_test()) return config.test();
  const bool drawn = config.test_fraction() > 0 || config.train() == ".";
  return !drawn && FileExists(SplitPath(config, "test")) ? "test" : "";
}

absl::Status MissingFolder(absl::string_view path, absl::string_view split) {
  return InputFileError(absl::StrCat(
      path, " is missing. It is the folder of the ", split,
      " split, with a folder for each class and PNG or JPEG files in those: set data.source's "
      "`folder` and `",
      split, "` to where your pictures lie"));
}

// Whether the classes are the folders that are found.
bool TakesFolders(const ImageFolderConfig& config) {
  return config.class__size() == 0 && config.class_file().empty();
}

// The folders in that of one split, but for those in which other splits lie: with train ".", test
// "val" the folder val is no class.
absl::StatusOr<std::vector<FolderClass>> SplitClasses(const ImageFolderConfig& config,
                                                      const std::string& folder) {
  const std::string dir = SplitPath(config, folder);
  DFKD_ASSIGN_OR_RETURN(std::vector<FolderClass> classes, ListClassFolders(dir));
  const std::filesystem::path own = std::filesystem::path(folder).lexically_normal();
  for (const std::string& other : {config.train(), config.validation(), TestFolder(config)}) {
    const std::filesystem::path below =
        std::filesystem::path(other).lexically_normal().lexically_relative(own);
    if (below.empty()) continue;
    std::erase_if(classes, [&](const FolderClass& one) { return *below.begin() == one.folder; });
  }
  if (!classes.empty()) return classes;
  return InputFileError(absl::StrCat(
      dir, " has no folders but those of other splits; there must be one for each class"));
}

// From the spec, the class file, or the folders in `folder`, the first split's.
absl::StatusOr<std::vector<FolderClass>> FindClasses(const ImageFolderConfig& config,
                                                     const std::string& folder) {
  if (TakesFolders(config)) return SplitClasses(config, folder);
  if (config.class_file().empty()) return ClassesOf(config);
  DFKD_ASSIGN_OR_RETURN(const std::string text, ReadFile(config.class_file(), kMaxClassFileBytes));
  return ParseClassFile(text, config.class_file());
}

// Where the classes are the first split's folders, another split may have no others.
absl::Status RefuseOtherFolders(const ImageFolderConfig& config, const std::string& folder,
                                const std::vector<FolderClass>& classes) {
  DFKD_ASSIGN_OR_RETURN(const std::vector<FolderClass> found, SplitClasses(config, folder));
  for (const FolderClass& one : found) {
    const auto is_this = [&](const FolderClass& other) { return other.folder == one.folder; };
    if (std::none_of(classes.begin(), classes.end(), is_this)) {
      return InputFileError(absl::StrCat(JoinPath(SplitPath(config, folder), one.folder),
                                         " is the folder of a class that the train split does not "
                                         "have"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckEachClassHasPictures(const std::string& dir, const LabelledFiles& files,
                                       const std::vector<FolderClass>& classes) {
  const FolderClass* absent = FirstWithoutPictures(files, classes);
  if (absent == nullptr) return absl::OkStatus();
  return InputFileError(absl::StrCat(JoinPath(dir, absent->folder),
                                     " has no pictures; each class needs some in the train split"));
}

// The pictures in one split's folder; none where `folder` is empty.
absl::StatusOr<LabelledFiles> ListSplit(const ImageFolderConfig& config, const std::string& folder,
                                        absl::string_view split,
                                        const std::vector<FolderClass>& classes) {
  if (folder.empty()) return LabelledFiles();
  const std::string dir = SplitPath(config, folder);
  if (!FileExists(dir)) return MissingFolder(dir, split);
  if (TakesFolders(config)) DFKD_RETURN_IF_ERROR(RefuseOtherFolders(config, folder, classes));
  DFKD_ASSIGN_OR_RETURN(LabelledFiles files, ListClassPictures(dir, classes));
  if (files.paths.empty()) return InputFileError(absl::StrCat(dir, " has no pictures"));
  if (split == "train") DFKD_RETURN_IF_ERROR(CheckEachClassHasPictures(dir, files, classes));
  return files;
}

absl::StatusOr<SplitFiles> ListSplits(const ImageFolderConfig& config,
                                      const std::vector<FolderClass>& classes) {
  DFKD_ASSIGN_OR_RETURN(const LabelledFiles train,
                        ListSplit(config, config.train(), "train", classes));
  SplitFiles files =
      DrawSplits(train, config.validation_fraction(), config.test_fraction(), config.split_seed());
  if (!config.validation().empty()) {
    DFKD_ASSIGN_OR_RETURN(files.validation,
                          ListSplit(config, config.validation(), "validation", classes));
  }
  if (const std::string test = TestFolder(config); !test.empty()) {
    DFKD_ASSIGN_OR_RETURN(files.test, ListSplit(config, test, "test", classes));
  }
  return files;
}

absl::Status CheckShares(const ImageFolderConfig& config) {
  const double sum = config.validation_fraction() + config.test_fraction();
  if (sum >= 1) {
    return ConfigError(
        absl::StrCat("validation_fraction + test_fraction is ", sum, "; must be less than 1"));
  }
  if (!config.validation().empty() && config.validation_fraction() > 0) {
    return ConfigError("validation and validation_fraction are both set; must be one of them");
  }
  if (!config.test().empty() && config.test_fraction() > 0) {
    return ConfigError("test and test_fraction are both set; must be one of them");
  }
  if (config.train().empty() && sum > 0) {
    return ConfigError("train is empty, so that no share of it can be drawn");
  }
  return absl::OkStatus();
}

struct ImageFolder {
  using Config = ImageFolderConfig;

  static absl::Status Validate(const Config& config) {
    if (config.channels() != 1 && config.channels() != 3) {
      return ConfigError(absl::StrCat("channels is ", config.channels(), "; must be 1 or 3"));
    }
    if (config.has_normalization() && (config.normalization().mean_size() != config.channels() ||
                                       config.normalization().std_size() != config.channels())) {
      return ConfigError(absl::StrCat("normalization has ", config.normalization().mean_size(),
                                      " means and ", config.normalization().std_size(),
                                      " deviations; must have ", config.channels(), " of each"));
    }
    if (config.class__size() > 0 && !config.class_file().empty()) {
      return ConfigError("class and class_file are both set; must be one of them");
    }
    DFKD_RETURN_IF_ERROR(CheckShares(config));
    return CheckClasses(ClassesOf(config), "class");
  }

  // Class names only where the spec has them, the size only where it is not the teacher's.
  static TeacherCard GetOutline(const Config& config, const Experiment&) {
    return MakeCard(config, ClassesOf(config), config.size(), config.size());
  }

  static absl::StatusOr<std::unique_ptr<Dataset>> Create(const Config& config,
                                                         const DatasetContext& context) {
    ImageSplitOptions options;
    DFKD_ASSIGN_OR_RETURN(options.layout, MakeLayout(config, context));
    options.reading = config.reading();
    // Classes are those of the first split that there is.
    std::string first = config.train();
    if (first.empty()) first = config.validation();
    if (first.empty()) first = TestFolder(config);
    if (first.empty()) return ConfigError("train, validation and test are all empty");
    if (!FileExists(SplitPath(config, first))) {
      return MissingFolder(SplitPath(config, first), config.train().empty() ? "test" : "train");
    }
    DFKD_ASSIGN_OR_RETURN(const std::vector<FolderClass> classes, FindClasses(config, first));
    DFKD_ASSIGN_OR_RETURN(SplitFiles files, ListSplits(config, classes));
    return MakeImageDataset(MakeCard(config, classes, options.layout.height, options.layout.width),
                            std::move(files), options);
  }
};

DFKD_REGISTER_PLUGIN(Dataset, ImageFolder);

}  // namespace
}  // namespace dfkd
