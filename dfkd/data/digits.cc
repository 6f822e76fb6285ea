// scikit-learn's digits: 1,797 real 8x8 pictures of handwritten digits with 17 grey levels.
//
//   x = bilinear(pixel / 16) at the wanted size (torch.nn.functional.interpolate,
//   align_corners=False)
//
// repeated over the channels. The order of torch.randperm(1797) with seed 0 makes the splits: the
// first 1000 to train, the next 297 to validate, the last 500 to test. Classes are "zero" to
// "nine"; mean and deviation are declared as 0.5. Mirroring would turn some digits into others: no
// flips.
//
//   data { source { [type.googleapis.com/dfkd.DigitsConfig] { size: 32 } } }
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/randperm.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/shipped_file.h"
#include "dfkd/core/status.h"
#include "dfkd/data/dataset.h"
#include "dfkd/data/dataset_card.h"
#include "dfkd/data/digits.pb.h"
#include "dfkd/data/digits_csv.h"
#include "dfkd/data/gzip.h"

namespace dfkd {
namespace {

constexpr int64_t kDefaultSize = 16;
constexpr int64_t kTrain = 1000;
constexpr int64_t kValidation = 297;
constexpr int64_t kMaxFileBytes = 1 << 20;  // the file has 57 kB, and 265 kB unpacked
constexpr int64_t kMaxTextBytes = 1 << 20;

absl::StatusOr<DigitsTable> ReadDigits() {
  DFKD_ASSIGN_OR_RETURN(const std::string path, FindShippedFile("sklearn_digits/digits.csv.gz",
                                                                "share/digits/digits.csv.gz"));
  DFKD_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path, kMaxFileBytes));
  DFKD_ASSIGN_OR_RETURN(const std::string text, Gunzip(bytes, kMaxTextBytes, path));
  return ParseDigitsCsv(text, path);
}

// Height and width 0: not known.
TeacherCard MakeCard(int64_t height, int64_t width, int64_t channels) {
  TeacherCard card;
  for (const char* name :
       {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}) {
    card.add_class_name(name);
  }
  *card.mutable_normalization() = HalfNormalization(channels);
  SetImageSize(height, width, channels, &card);
  return card;
}

// The table's pictures at the card's size, dealt out.
Splits MakeSplits(const DigitsTable& table, const TeacherCard& card) {
  const at::Tensor images = at::upsample_bilinear2d(table.images, {card.height(), card.width()},
                                                    /*align_corners=*/false)
                                .expand({-1, card.channels(), -1, -1});
  const at::Tensor order =
      at::randperm(kDigitsCount, at::detail::createCPUGenerator(/*seed_val=*/0), at::kLong);
  const auto part = [&](int64_t start, int64_t count) {
    const at::Tensor index = order.narrow(0, start, count);
    return std::make_unique<MemorySplit>(images.index_select(0, index),
                                         table.labels.index_select(0, index));
  };
  return {part(0, kTrain), part(kTrain, kValidation),
          part(kTrain + kValidation, kDigitsCount - kTrain - kValidation)};
}

struct Digits {
  using Config = DigitsConfig;

  static absl::Status Validate(const Config& config) {
    if (config.channels() != 1 && config.channels() != 3) {
      return ConfigError(absl::StrCat("channels is ", config.channels(), "; must be 1 or 3"));
    }
    return absl::OkStatus();
  }

  // Without a size of its own the set takes the teacher's.
  static TeacherCard GetOutline(const Config& config, const Experiment&) {
    return MakeCard(config.size(), config.size(), config.channels());
  }

  static absl::StatusOr<std::unique_ptr<Dataset>> Create(const Config& config,
                                                         const DatasetContext& context) {
    DFKD_ASSIGN_OR_RETURN(const ImageSize size,
                          ChooseImageSize(context, config.size(), kDefaultSize, "DigitsConfig"));
    DFKD_ASSIGN_OR_RETURN(const DigitsTable table, ReadDigits());
    TeacherCard card = MakeCard(size.height, size.width, config.channels());
    Splits splits = MakeSplits(table, card);
    return std::make_unique<SplitDataset>(std::move(card), std::move(splits));
  }
};

DFKD_REGISTER_PLUGIN(Dataset, Digits);

}  // namespace
}  // namespace dfkd
