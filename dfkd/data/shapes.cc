// Rendered shapes: pictures with one shape each, as many as wanted, at any size, drawn from a seed.
//
//   class = any of form (8), fill (2), stripe (2) and colour (8), picture i of class i mod K
//
// Everything else is drawn at random: place, size, angle, the direction and phase of stripes, the
// background's two colours and the clutter on it, a jitter of the shape's colour, and those
// attributes that do not count for the class. All forms have one area at one scale. Each is its own
// mirror image, and turns to the left are as likely as to the right, so that flips are allowed.
// Picture i of a split depends on the seed, the split and i alone: neither on how many there are
// nor, but for its resolution, on the size.
//
// With `masks`, each pixel has a class instead: 0 is the background, which an outlined shape's
// inside belongs to, and 1 + f the form f. Classes of pictures then only keep their kinds in
// balance.
//
// A split is drawn when it is first asked for images, in parallel, and kept as bytes.
//
//   data {
//     source {
//       [type.googleapis.com/dfkd.ShapesConfig] { class_attributes: [FORM, FILL] size: 64 }
//     }
//   }
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/remainder.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/contract.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/data/dataset.h"
#include "dfkd/data/dataset_card.h"
#include "dfkd/data/shape_classes.h"
#include "dfkd/data/shape_forms.h"
#include "dfkd/data/shapes.pb.h"
#include "dfkd/data/shapes_renderer.h"

namespace dfkd {
namespace {

constexpr int64_t kDefaultSize = 32;
constexpr int64_t kLeastSize = 16;
constexpr int64_t kLargestSize = 224;
constexpr int64_t kChannels = 3;

// The classes of pixels, in the order of the renderer's masks.
std::vector<std::string> MaskClassNames(const ShapesConfig& config) {
  std::vector<std::string> names = {"background"};
  for (int64_t form = 0; form < config.forms(); ++form) names.emplace_back(FormName(form));
  return names;
}

// Height and width 0: not known.
TeacherCard MakeCard(const ShapesConfig& config, int64_t height, int64_t width) {
  TeacherCard card;
  for (std::string& name : config.masks() ? MaskClassNames(config) : ShapeClassNames(config)) {
    card.add_class_name(std::move(name));
  }
  *card.mutable_normalization() = HalfNormalization(kChannels);
  SetImageSize(height, width, kChannels, &card);
  return card;
}

// Drawn at the first request.
class ShapesSplit : public Split {
 public:
  ShapesSplit(const ShapesConfig& config, std::string name, int64_t count, int64_t height,
              int64_t width)
      : config_(config),
        name_(std::move(name)),
        height_(height),
        width_(width),
        labels_(config.masks()
                    ? at::full({count}, -1, at::kLong)
                    : at::remainder(at::arange(count, at::kLong), CountShapeClasses(config))) {}

  int64_t size() const override { return labels_.size(0); }
  const at::Tensor& labels() const override { return labels_; }

  bool has_masks() const override { return config_.masks(); }

  absl::StatusOr<at::Tensor> Images(const at::Tensor& index) const override {
    return Drawn().Images(index);
  }
  absl::StatusOr<at::Tensor> Masks(const at::Tensor& index) const override {
    return Drawn().Masks(index);
  }

 private:
  const MemorySplit& Drawn() const {
    std::call_once(drawn_once_, [this] { Draw(); });
    return *drawn_;
  }

  void Draw() const {
    constexpr int64_t kAtATime = 1024;
    at::Tensor images = at::empty({size(), kChannels, height_, width_}, at::kByte);
    at::Tensor masks;
    if (has_masks()) masks = at::empty({size(), height_, width_}, at::kByte);
    for (int64_t begin = 0; begin < size(); begin += kAtATime) {
      std::vector<ShapeScene> scenes;
      for (int64_t i = begin; i < std::min(begin + kAtATime, size()); ++i) {
        scenes.push_back(DrawShape(config_, name_, i));
      }
      const auto count = static_cast<int64_t>(scenes.size());
      const ShapePictures pictures = RenderShapes(scenes, height_, width_);
      images.narrow(0, begin, count).copy_(pictures.images);
      if (masks.defined()) masks.narrow(0, begin, count).copy_(pictures.masks);
    }
    drawn_.emplace(images, labels_, masks);
  }

  const ShapesConfig config_;
  const std::string name_;
  const int64_t height_, width_;
  const at::Tensor labels_;
  mutable std::once_flag drawn_once_;
  mutable std::optional<MemorySplit> drawn_;
};

struct Shapes {
  using Config = ShapesConfig;

  static absl::Status Validate(const Config& config) {
    for (int i = 0; i < config.class_attributes_size(); ++i) {
      for (int j = 0; j < i; ++j) {
        if (config.class_attributes(i) != config.class_attributes(j)) continue;
        return ConfigError(absl::StrCat("class_attributes holds ",
                                        Config::Attribute_Name(config.class_attributes(i)),
                                        " twice; each counts once"));
      }
    }
    return absl::OkStatus();
  }

  static Contract GetContract(const Config& config) {
    return {{}, config.masks() ? Capabilities{Capability::kMasks} : Capabilities()};
  }

  // Without a size of its own the set takes the teacher's.
  static TeacherCard GetOutline(const Config& config, const Experiment&) {
    return MakeCard(config, config.size(), config.size());
  }

  static absl::StatusOr<std::unique_ptr<Dataset>> Create(const Config& config,
                                                         const DatasetContext& context) {
    DFKD_ASSIGN_OR_RETURN(const ImageSize size,
                          ChooseImageSize(context, config.size(), kDefaultSize, "ShapesConfig"));
    const int64_t height = size.height, width = size.width;
    if (std::min(height, width) < kLeastSize || std::max(height, width) > kLargestSize) {
      return ConfigError(absl::StrCat("the teacher wants ", height, "x", width,
                                      " pixels; shapes have ", kLeastSize, " to ", kLargestSize));
    }
    const auto make = [&](SplitName name, int64_t count) -> std::unique_ptr<const Split> {
      if (count == 0) return nullptr;
      return std::make_unique<ShapesSplit>(config, std::string(NameOf(name)), count, height, width);
    };
    return std::make_unique<SplitDataset>(MakeCard(config, height, width),
                                          Splits{make(SplitName::kTrain, config.train()),
                                                 make(SplitName::kValidation, config.validation()),
                                                 make(SplitName::kTest, config.test())});
  }
};

DFKD_REGISTER_PLUGIN(Dataset, Shapes);

}  // namespace
}  // namespace dfkd
