// CIFAR-100: 50,000 pictures to train and 10,000 to test, 32x32 pixels, 100 classes. The files are
// those of the binary version, cifar-100-binary.tar.gz, which the user brings. Labels are the fine
// ones.
//
// Mean and deviation are those with which the public NAYER and Fast code normalises.
//
// Source: Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
//
//   data { source { [type.googleapis.com/dfkd.Cifar100Config] { folder: "data/cifar-100-binary" } }
//   }
#include <memory>
#include <utility>

#include "dfkd/core/registry.h"
#include "dfkd/data/cifar100.pb.h"
#include "dfkd/data/cifar_dataset.h"
#include "dfkd/data/dataset.h"

namespace dfkd {
namespace {

constexpr const char* kClassNames[] = {
    "apple",       "aquarium_fish", "baby",      "bear",       "beaver",       "bed",
    "bee",         "beetle",        "bicycle",   "bottle",     "bowl",         "boy",
    "bridge",      "bus",           "butterfly", "camel",      "can",          "castle",
    "caterpillar", "cattle",        "chair",     "chimpanzee", "clock",        "cloud",
    "cockroach",   "couch",         "crab",      "crocodile",  "cup",          "dinosaur",
    "dolphin",     "elephant",      "flatfish",  "forest",     "fox",          "girl",
    "hamster",     "house",         "kangaroo",  "keyboard",   "lamp",         "lawn_mower",
    "leopard",     "lion",          "lizard",    "lobster",    "man",          "maple_tree",
    "motorcycle",  "mountain",      "mouse",     "mushroom",   "oak_tree",     "orange",
    "orchid",      "otter",         "palm_tree", "pear",       "pickup_truck", "pine_tree",
    "plain",       "plate",         "poppy",     "porcupine",  "possum",       "rabbit",
    "raccoon",     "ray",           "road",      "rocket",     "rose",         "sea",
    "seal",        "shark",         "shrew",     "skunk",      "skyscraper",   "snail",
    "snake",       "spider",        "squirrel",  "streetcar",  "sunflower",    "sweet_pepper",
    "table",       "tank",          "telephone", "television", "tiger",        "tractor",
    "train",       "trout",         "tulip",     "turtle",     "wardrobe",     "whale",
    "willow_tree", "wolf",          "woman",     "worm"};

TeacherCard MakeCard() {
  TeacherCard card;
  for (const char* name : kClassNames) card.add_class_name(name);
  for (const float mean : {0.5071f, 0.4867f, 0.4408f}) card.mutable_normalization()->add_mean(mean);
  for (const float std : {0.2675f, 0.2565f, 0.2761f}) card.mutable_normalization()->add_std(std);
  return WithCifarSize(std::move(card));
}

CifarFormat Format() {
  return {.name = "CIFAR-100",
          .archive = "cifar-100-binary.tar.gz",
          .archive_md5 = "03b5dce01913d631647c71ecec9e9cb8",
          .train_files = {"train.bin"},
          .test_file = "test.bin",
          .label_limits = {20, 100}};
}

struct Cifar100 {
  using Config = Cifar100Config;

  static TeacherCard GetOutline(const Config&, const Experiment&) { return MakeCard(); }

  static absl::StatusOr<std::unique_ptr<Dataset>> Create(const Config& config,
                                                         const DatasetContext& context) {
    return OpenCifar(Format(), config.folder(), config.validation(), MakeCard(), context);
  }
};

DFKD_REGISTER_PLUGIN(Dataset, Cifar100);

}  // namespace
}  // namespace dfkd
