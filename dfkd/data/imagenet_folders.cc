#include "dfkd/data/imagenet_folders.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/status.h"
#include "dfkd/data/dataset_card.h"
#include "dfkd/data/image_split.h"
#include "dfkd/data/imagenet_classes.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

FolderClass ToFolderClass(const ImageNetClass& one) {
  return {std::string(one.id), std::string(one.name)};
}

absl::Status MissingFolder(const ImageNetSubset& subset, absl::string_view path) {
  return InputFileError(absl::StrCat(path, " is missing. It belongs to ", subset.name,
                                     ", which holds train/ID/*.JPEG and val/ID/*.JPEG, ID as ",
                                     subset.classes.front().folder, ": ", subset.source,
                                     ", and name its folder in data.source's `folder`"));
}

absl::StatusOr<LabelledFiles> ListSplit(const ImageNetSubset& subset, const std::string& dir) {
  DFKD_ASSIGN_OR_RETURN(LabelledFiles files, ListClassPictures(dir, subset.classes));
  const FolderClass* absent = FirstWithoutPictures(files, subset.classes);
  if (absent == nullptr) return files;
  return InputFileError(absl::StrCat(JoinPath(dir, absent->folder), " has no pictures; ",
                                     subset.name, " has some of ", absent->name));
}

int64_t ShorterSide(const ImageNetOptions& options) {
  return options.shorter_side > 0 ? options.shorter_side : UsualShorterSide(options.size);
}

}  // namespace

std::vector<FolderClass> ImageNetClasses(absl::Span<const absl::string_view> ids) {
  std::vector<FolderClass> classes;
  for (const absl::string_view id : ids) {
    const auto* found = std::find_if(kImageNetClasses.begin(), kImageNetClasses.end(),
                                     [&](const ImageNetClass& one) { return one.id == id; });
    CHECK(found != kImageNetClasses.end()) << id;
    classes.push_back(ToFolderClass(*found));
  }
  return classes;
}

std::vector<FolderClass> ImageNetClasses() {
  std::vector<FolderClass> classes;
  for (const ImageNetClass& one : kImageNetClasses) classes.push_back(ToFolderClass(one));
  return classes;
}

absl::Status CheckImageNetOptions(const ImageNetOptions& options) {
  if (ShorterSide(options) >= options.size) return absl::OkStatus();
  return ConfigError(absl::StrCat("shorter_side is ", options.shorter_side,
                                  "; must be at least the size, ", options.size));
}

TeacherCard ImageNetCard(const ImageNetSubset& subset, const ImageNetOptions& options) {
  TeacherCard card;
  for (const FolderClass& one : subset.classes) card.add_class_name(one.name);
  *card.mutable_normalization() = ImageNetNormalization();
  SetImageSize(options.size, options.size, 3, &card);
  return card;
}

absl::StatusOr<std::unique_ptr<Dataset>> OpenImageNet(const ImageNetSubset& subset,
                                                      const ImageNetOptions& options,
                                                      const DatasetContext& context) {
  if ((context.height > 0 && context.height != options.size) ||
      (context.width > 0 && context.width != options.size)) {
    return ConfigError(absl::StrCat(subset.name, "'s pictures come in ", options.size, "x",
                                    options.size, " pixels, but the teacher wants ", context.height,
                                    "x", context.width, "; set data.source's `size`"));
  }
  SplitFiles files;
  if (const std::string dir = JoinPath(options.folder, "train"); FileExists(dir)) {
    DFKD_ASSIGN_OR_RETURN(const LabelledFiles train, ListSplit(subset, dir));
    files = DrawSplits(train, options.validation_fraction, 0, /*seed=*/0);
  }
  const std::string test = JoinPath(options.folder, "val");
  if (!FileExists(test)) return MissingFolder(subset, test);
  DFKD_ASSIGN_OR_RETURN(files.test, ListSplit(subset, test));
  ImageSplitOptions split;
  split.layout.height = options.size;
  split.layout.width = options.size;
  split.layout.fit = ImageLayout::Fit::kCrop;
  split.layout.shorter_side = ShorterSide(options);
  split.reading = options.reading;
  return MakeImageDataset(ImageNetCard(subset, options), std::move(files), split);
}

}  // namespace dfkd
