// Class activation maps, un-normalised as MUSE has them. With the judge's last feature map F and
// the row of its classifier for the class y that an image was made for:
//
//   M = sum_k w[y, k] F_k        [h, w]
//
// M is brought to the image's size (bilinear) and laid over it: red where it is positive, blue
// where it is negative, stronger the farther from 0, on one scale in a picture. Under global
// average pooling the mean of M and the class's bias make its logit: `cam_mean_new` is the mean CAM
// logit of the classes asked for. By a judge that the images were not made for, it tells whether
// MUSE's CAM loss makes them show more of their class, and compares by one judge only.
//
//   measures { [type.googleapis.com/dfkd.CamOverlayConfig] { per_class: 4 } }
//   measures { [type.googleapis.com/dfkd.CamOverlayConfig] {
//     judge { preset: "plain_cnn_small" weights: "judge.safetensors" } } }
#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"
#include "dfkd/measures/cam_overlay.pb.h"
#include "dfkd/measures/class_rows.h"
#include "dfkd/measures/judge.h"
#include "dfkd/measures/measure.h"
#include "dfkd/measures/run_images.h"
#include "dfkd/report/png.h"

namespace dfkd {
namespace {

// Enough to find some of each class among.
constexpr int64_t kMostReal = 1000;
// Small images are enlarged first, so that the map over them is smooth.
constexpr int64_t kLeastWidth = 64;
constexpr Capabilities kOfJudge = {Capability::kFeatureMap, Capability::kClassifierWeight};

at::Tensor Enlarge(const at::Tensor& images) {
  const int64_t scale = (kLeastWidth + images.size(3) - 1) / images.size(3);
  return images.repeat_interleave(scale, 2).repeat_interleave(scale, 3);
}

// images [N, C, H, W], maps [N, h, w], |maps| <= limit -> [N, 3, H, W].
at::Tensor Overlay(const at::Tensor& images, const at::Tensor& maps, double limit) {
  constexpr double kStrongest = 0.85;
  const at::Tensor grey = images.mean(1, /*keepdim=*/true);
  const at::Tensor map =
      at::upsample_bilinear2d(maps.unsqueeze(1), {images.size(2), images.size(3)},
                              /*align_corners=*/false)
          .div(std::max(limit, 1e-12));
  const at::Tensor red = at::tensor({0.86, 0.10, 0.12}, at::kFloat).view({1, 3, 1, 1});
  const at::Tensor blue = at::tensor({0.10, 0.28, 0.90}, at::kFloat).view({1, 3, 1, 1});
  const at::Tensor strength = map.abs() * kStrongest;
  const at::Tensor positive = map.gt(0).to(at::kFloat);
  return grey * (1 - strength) + (red * positive + blue * (1 - positive)) * strength;
}

class CamOverlay : public Measure {
 public:
  using Config = CamOverlayConfig;

  static Contract GetContract(const Config& config) {
    return JudgeContract(config.judge(), {Capability::kImages, Capability::kLabels}, kOfJudge);
  }

  static absl::StatusOr<std::unique_ptr<Measure>> Create(const Config& config,
                                                         const MeasureContext& context) {
    DFKD_ASSIGN_OR_RETURN(std::unique_ptr<Judge> judge,
                          Judge::Create(config.judge(), context, "judge", kOfJudge));
    const auto& classes = judge->card().class_name();
    const auto& of_run = context.card->class_name();
    if (!std::equal(classes.begin(), classes.end(), of_run.begin(), of_run.end())) {
      return ConfigError(absl::StrCat("judge: ", judge->name(),
                                      " names other classes than the run's images were made for, "
                                      "or in another order; choose a network of the same"));
    }
    return std::make_unique<CamOverlay>(config, context, std::move(judge));
  }

  CamOverlay(const Config& config, const MeasureContext& context, std::unique_ptr<Judge> judge)
      : config_(config), context_(context), judge_(std::move(judge)) {}

  absl::StatusOr<Measurement> Take(RandomStream& random) override {
    const int64_t classes = context_.card->class_name_size();
    DFKD_ASSIGN_OR_RETURN(const RunImages fresh,
                          NewImages(context_, config_.per_class() * classes, random));
    Measurement measured;
    measured.notes.push_back(absl::StrCat("Judge: ", judge_->name(), "."));
    Add("new", fresh, &measured);
    if (context_.data == nullptr || context_.pool > 0) return measured;
    DFKD_ASSIGN_OR_RETURN(const RunImages real, RealImages(context_, kMostReal, random));
    Add("real", real, &measured);
    return measured;
  }

 private:
  // [N, h, w], of each image's own class.
  at::Tensor Maps(const RunImages& images) const {
    const at::Tensor features = judge_->Look(images.images, true).feature_map;
    const at::Tensor rows = judge_->model()
                                .ClassifierWeight()
                                .detach()
                                .to(at::kCPU, at::kFloat)
                                .index_select(0, images.labels);
    return (features * rows.unsqueeze(2).unsqueeze(3)).sum(1);
  }

  // The indices of the images that the picture has.
  at::Tensor Shown(const at::Tensor& labels) const {
    std::vector<int64_t> shown;
    for (const auto& [label, members] :
         FirstOfEachClass(labels, config_.per_class(), config_.classes())) {
      shown.insert(shown.end(), members.begin(), members.end());
    }
    return at::tensor(shown, at::kLong);
  }

  void Add(const std::string& which, const RunImages& images, Measurement* measured) const {
    const at::Tensor maps = Maps(images);
    measured->values.push_back({absl::StrCat("cam_mean_", which), maps.mean().item<double>(), "",
                                absl::StrCat("mean of M, of ", images.source)});
    measured->values.push_back({absl::StrCat("cam_above_1_", which),
                                100 * maps.ge(1).to(at::kDouble).mean().item<double>(), "%",
                                "places where M is at least 1, as MUSE's target Full(1) asks"});
    const double limit = maps.abs().amax().item<double>();
    const at::Tensor shown = Shown(images.labels);
    const at::Tensor large = Enlarge(images.images.index_select(0, shown));
    const at::Tensor beside = large.size(1) == 3 ? large : large.mean(1, true).repeat({1, 3, 1, 1});
    const at::Tensor overlay = Overlay(large, maps.index_select(0, shown), limit);
    MeasuredPicture picture =
        PictureByClass(at::stack({beside, overlay}, 1).flatten(0, 1),
                       images.labels.index_select(0, shown).repeat_interleave(2), *context_.card,
                       2 * config_.per_class(), config_.classes());
    picture.name = absl::StrCat(which, "_images");
    picture.caption = absl::StrFormat(
        "Where the %s sees the class (%s): an image and its map; red +%.2f, blue -%.2f",
        judge_->is_teacher() ? "teacher" : "judge", images.source, limit, limit);
    measured->pictures.push_back(std::move(picture));
  }

  const Config config_;
  const MeasureContext context_;
  const std::unique_ptr<Judge> judge_;
};

DFKD_REGISTER_PLUGIN(Measure, CamOverlay);

}  // namespace
}  // namespace dfkd
