// Tiny-ImageNet: 200 classes of ImageNet with 500 pictures each to train and 50 to test, 64x64
// pixels, JPEG, in the folder that tiny-imagenet-200.zip makes:
//
//   wnids.txt                                the classes; must be the 200 that are known here
//   train/ID/images/*.JPEG
//   val/images/*.JPEG, val/val_annotations.txt   the test split; a line begins "FILE<tab>ID<tab>"
//
// Classes are sorted by their WordNet id, as torchvision's ImageFolder numbers them, and named by
// the first term in words.txt.
//
// Source: Le and Yang, "Tiny ImageNet visual recognition challenge", Stanford CS231N, 2015.
//
//   data { source { [type.googleapis.com/dfkd.TinyImagenetConfig] {
//     folder: "data/tiny-imagenet-200" } } }
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "dfkd/core/files.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/data/class_folders.h"
#include "dfkd/data/dataset.h"
#include "dfkd/data/dataset_card.h"
#include "dfkd/data/image_split.h"
#include "dfkd/data/tiny_imagenet.pb.h"
#include "dfkd/data/tiny_imagenet_classes.h"

namespace dfkd {
namespace {

constexpr int64_t kSize = 64;
constexpr int64_t kMaxTextBytes = 1 << 24;

TeacherCard MakeCard(const TinyImagenetConfig& config) {
  TeacherCard card;
  for (const TinyImageNetClass& one : kTinyImageNetClasses) {
    card.add_class_name(std::string(one.name));
  }
  const bool half = config.statistics() == TinyImagenetConfig::HALF;
  *card.mutable_normalization() = half ? HalfNormalization(3) : ImageNetNormalization();
  SetImageSize(kSize, kSize, 3, &card);
  return card;
}

absl::Status MissingFile(absl::string_view path) {
  return InputFileError(absl::StrCat(
      path,
      " is missing. It belongs to Tiny-ImageNet, which holds wnids.txt, train/ID/images/ and "
      "val/ with val_annotations.txt and images/: get tiny-imagenet-200.zip (248,100,043 "
      "bytes, MD5 90528d7ca1a48142e341f4ef8d21d0de) from "
      "http://cs231n.stanford.edu/tiny-imagenet-200.zip, unpack it, and name its folder in "
      "data.source's `folder`"));
}

absl::StatusOr<std::string> ReadText(const std::string& path) {
  if (!FileExists(path)) return MissingFile(path);
  return ReadFile(path, kMaxTextBytes);
}

std::map<std::string, int64_t, std::less<>> LabelsById() {
  std::map<std::string, int64_t, std::less<>> labels;
  for (const TinyImageNetClass& one : kTinyImageNetClasses) {
    labels.emplace(one.id, static_cast<int64_t>(labels.size()));
  }
  return labels;
}

// That the folder holds the known classes, in whatever order.
absl::Status CheckIds(const std::string& folder) {
  const std::string path = JoinPath(folder, "wnids.txt");
  DFKD_ASSIGN_OR_RETURN(const std::string text, ReadText(path));
  auto absent = LabelsById();
  const size_t count = absent.size();
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const absl::string_view id = absl::StripAsciiWhitespace(line);
    if (id.empty()) continue;
    const auto found = absent.find(id);
    if (found == absent.end()) {
      return InputFileError(absl::StrCat(path, " names ", id, ", which is not one of the ", count,
                                         " classes, or for the second time"));
    }
    absent.erase(found);
  }
  if (absent.empty()) return absl::OkStatus();
  return InputFileError(absl::StrCat(path, " does not name ", absent.begin()->first,
                                     "; must name the ", count, " classes of Tiny-ImageNet"));
}

absl::StatusOr<LabelledFiles> ListTrain(const std::string& folder) {
  LabelledFiles files;
  for (const auto& [id, label] : LabelsById()) {
    const std::string dir = absl::StrCat(JoinPath(folder, "train"), "/", id, "/images");
    if (!FileExists(dir)) return MissingFile(dir);
    DFKD_ASSIGN_OR_RETURN(const std::vector<std::string> paths, ListPictures(dir));
    if (paths.empty()) return InputFileError(absl::StrCat(dir, " has no pictures"));
    files.paths.insert(files.paths.end(), paths.begin(), paths.end());
    files.labels.insert(files.labels.end(), paths.size(), label);
  }
  return files;
}

absl::StatusOr<LabelledFiles> ListTest(const std::string& folder) {
  const std::string path = JoinPath(folder, "val/val_annotations.txt");
  const std::string images = JoinPath(folder, "val/images");
  DFKD_ASSIGN_OR_RETURN(const std::string text, ReadText(path));
  const auto labels = LabelsById();
  LabelledFiles files;
  int64_t line_number = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    ++line_number;
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    const std::vector<absl::string_view> fields = absl::StrSplit(line, '\t');
    const auto label = fields.size() < 2 ? labels.end() : labels.find(fields[1]);
    if (label == labels.end() || fields[0].empty() || absl::StrContains(fields[0], '/')) {
      return InputFileError(absl::StrCat(path, ", line ", line_number,
                                         ": must begin with a file's name, a tab, a class's id "
                                         "and a tab"));
    }
    files.paths.push_back(JoinPath(images, fields[0]));
    files.labels.push_back(label->second);
  }
  if (files.paths.empty()) return InputFileError(absl::StrCat(path, " names no pictures"));
  if (!FileExists(files.paths.front())) return MissingFile(files.paths.front());
  return files;
}

struct TinyImagenet {
  using Config = TinyImagenetConfig;

  static TeacherCard GetOutline(const Config& config, const Experiment&) {
    return MakeCard(config);
  }

  static absl::StatusOr<std::unique_ptr<Dataset>> Create(const Config& config,
                                                         const DatasetContext& context) {
    DFKD_RETURN_IF_ERROR(CheckTeacherSize(context, kSize, "Tiny-ImageNet"));
    DFKD_RETURN_IF_ERROR(CheckIds(config.folder()));
    DFKD_ASSIGN_OR_RETURN(const LabelledFiles train, ListTrain(config.folder()));
    SplitFiles files = DrawSplits(train, config.validation_fraction(), 0, /*seed=*/0);
    DFKD_ASSIGN_OR_RETURN(files.test, ListTest(config.folder()));
    ImageSplitOptions options;
    options.layout.height = kSize;
    options.layout.width = kSize;
    options.layout.fit = ImageLayout::Fit::kExact;
    options.reading = config.reading();
    return MakeImageDataset(MakeCard(config), std::move(files), options);
  }
};

DFKD_REGISTER_PLUGIN(Dataset, TinyImagenet);

}  // namespace
}  // namespace dfkd
