#include "dfkd/inference/rank_images.h"

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "dfkd/core/edit_distance.h"
#include "dfkd/core/status.h"
#include "dfkd/data/class_folders.h"
#include "dfkd/inference/class_ranking.h"
#include "dfkd/inference/predict.h"
#include "dfkd/metrics/normalized_batches.h"
#include "dfkd/train/precision.h"

namespace dfkd {
namespace {

constexpr std::pair<absl::string_view, ImageLayout::Fit> kFits[] = {
    {"crop", ImageLayout::Fit::kCrop},
    {"squash", ImageLayout::Fit::kSquash},
    {"exact", ImageLayout::Fit::kExact},
};

// Paths below the folder, as the table shows them.
std::vector<std::string> Below(const std::string& folder, const std::vector<std::string>& paths) {
  std::vector<std::string> names;
  for (absl::string_view path : paths) {
    absl::ConsumePrefix(&path, folder);
    while (absl::ConsumePrefix(&path, "/")) {
    }
    names.emplace_back(path);
  }
  return names;
}

}  // namespace

absl::StatusOr<ImageLayout> LayoutFromFlags(const std::string& resize, int64_t shorter_side,
                                            const TeacherCard& card) {
  ImageLayout layout;
  layout.channels = card.channels();
  layout.height = card.height();
  layout.width = card.width();
  const auto fit = std::find_if(std::begin(kFits), std::end(kFits),
                                [&](const auto& item) { return item.first == resize; });
  if (fit == std::end(kFits)) {
    return ConfigError(absl::StrCat("--resize=", resize, "; must be crop, squash or exact",
                                    DidYouMean(resize, {"crop", "squash", "exact"})));
  }
  layout.fit = fit->second;
  const int64_t longer = std::max(layout.height, layout.width);
  layout.shorter_side = shorter_side > 0 ? shorter_side : UsualShorterSide(longer);
  if (shorter_side < 0 || layout.shorter_side < longer) {
    return ConfigError(absl::StrCat("--shorter_side=", shorter_side, "; must be at least ", longer,
                                    ", the size of the images"));
  }
  if (layout.channels != 1 && layout.channels != 3) {
    return ConfigError(absl::StrCat("the card says ", layout.channels,
                                    " channels; picture files have 1 or 3: give --input=…"));
  }
  return layout;
}

absl::StatusOr<std::string> RankImages(Model& model, const TeacherCard& card,
                                       const RankOptions& options) {
  DFKD_ASSIGN_OR_RETURN(const std::vector<std::string> paths, ListPictures(options.folder));
  if (paths.empty()) {
    return InputFileError(
        absl::StrCat(options.folder, ": holds no files that end in .png, .jpg or .jpeg"));
  }
  const std::vector<std::string> names = Below(options.folder, paths);
  const std::vector<std::string> classes(card.class_name().begin(), card.class_name().end());
  ImageSplitOptions split_options;
  split_options.layout = options.layout;
  split_options.reading.set_cache(ImageReading::NONE);
  const ImageSplit split({paths, std::vector<int64_t>(paths.size())}, split_options);
  if (options.on_start) options.on_start(split.size());
  const at::NoGradGuard no_grad;
  const PrecisionScope precision(options.compute.precision);
  model.Eval();
  std::string table = RankingHeader(card.class_name_size());
  size_t done = 0;
  DFKD_RETURN_IF_ERROR(ForEachNormalizedBatch(
      split, card, options.compute.batch_size, options.compute.device,
      [&](const at::Tensor& images, const at::Tensor&) -> absl::Status {
        DFKD_ASSIGN_OR_RETURN(const ModelOutput output,
                              ForwardBatch(model, images, options.compute, options.folder));
        if (output.logits.dim() != 2) {
          return ConfigError(
              "the model names the class of each pixel, and so has no ranking of an "
              "image's classes; give its input by --input, and --output gets the "
              "logits");
        }
        const size_t count = static_cast<size_t>(images.size(0));
        const std::vector<std::string> files(names.begin() + done, names.begin() + done + count);
        table += RankingRows(files, output.logits.cpu(), classes);
        done += count;
        if (options.on_batch) options.on_batch(images.size(0));
        return absl::OkStatus();
      }));
  return table;
}

}  // namespace dfkd
