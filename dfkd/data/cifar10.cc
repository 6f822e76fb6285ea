// CIFAR-10: 50,000 pictures to train and 10,000 to test, 32x32 pixels, 10 classes. The files are
// those of the binary version, cifar-10-binary.tar.gz, which the user brings.
//
// Mean and deviation are those with which the public NAYER and Fast code normalises.
//
// Source: Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
//
//   data { source { [type.googleapis.com/dfkd.Cifar10Config] { folder: "data/cifar-10-batches-bin"
//   } } }
#include <memory>
#include <utility>

#include "dfkd/core/registry.h"
#include "dfkd/data/cifar10.pb.h"
#include "dfkd/data/cifar_dataset.h"
#include "dfkd/data/dataset.h"

namespace dfkd {
namespace {

constexpr const char* kClassNames[] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                       "dog",      "frog",       "horse", "ship", "truck"};

TeacherCard MakeCard() {
  TeacherCard card;
  for (const char* name : kClassNames) card.add_class_name(name);
  for (const float mean : {0.4914f, 0.4822f, 0.4465f}) card.mutable_normalization()->add_mean(mean);
  for (const float std : {0.2023f, 0.1994f, 0.2010f}) card.mutable_normalization()->add_std(std);
  return WithCifarSize(std::move(card));
}

CifarFormat Format() {
  return {.name = "CIFAR-10",
          .archive = "cifar-10-binary.tar.gz",
          .archive_md5 = "c32a1d4ab5d03f1284b67883e8d87530",
          .train_files = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                          "data_batch_4.bin", "data_batch_5.bin"},
          .test_file = "test_batch.bin",
          .label_limits = {10}};
}

struct Cifar10 {
  using Config = Cifar10Config;

  static TeacherCard GetOutline(const Config&, const Experiment&) { return MakeCard(); }

  static absl::StatusOr<std::unique_ptr<Dataset>> Create(const Config& config,
                                                         const DatasetContext& context) {
    return OpenCifar(Format(), config.folder(), config.validation(), MakeCard(), context);
  }
};

DFKD_REGISTER_PLUGIN(Dataset, Cifar10);

}  // namespace
}  // namespace dfkd
