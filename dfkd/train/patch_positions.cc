#include "dfkd/train/patch_positions.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/status.h"

namespace dfkd {
namespace {

std::string Describe(const PatchGrid& grid) {
  return absl::StrCat(grid.height, "x", grid.width, " patches of ", grid.patch, " pixels");
}

}  // namespace

absl::StatusOr<PatchWindow> WindowOf(const PatchGrid& grid, int64_t height, int64_t width) {
  const int64_t patch = grid.patch;
  const PatchWindow window = {grid.height, grid.width, height / patch, width / patch};
  if (height % patch == 0 && width % patch == 0 && window.height <= window.grid_height &&
      window.width <= window.grid_width) {
    return window;
  }
  return ConfigError(absl::StrCat(
      "images of ", height, "x", width, " pixels do not fit a network that reads ", Describe(grid),
      "; choose multiples of ", patch, " up to ", grid.height * patch, "x", grid.width * patch));
}

absl::StatusOr<std::unique_ptr<PatchPositions>> PatchPositions::Create(
    const google::protobuf::Any& sampler, const Model* teacher, const Model& student) {
  const std::optional<PatchGrid> taught = student.patch_grid();
  const std::optional<PatchGrid> teaches =
      teacher == nullptr ? std::nullopt : teacher->patch_grid();
  if (!taught.has_value() && !teaches.has_value()) {
    return ConfigError(
        "train.patch_sampler is set, but neither teacher nor student has positions for patches; "
        "leave it out, or choose a vision transformer");
  }
  if (taught.has_value() && teaches.has_value() && *taught != *teaches) {
    return ConfigError(absl::StrCat(
        "train.patch_sampler draws one place for teacher and student, but the teacher reads ",
        Describe(*teaches), ", the student ", Describe(*taught),
        "; leave it out, and each sees smaller images in its middle"));
  }
  DFKD_ASSIGN_OR_RETURN(std::unique_ptr<PatchSampler> made,
                        Registry<PatchSampler>::Get().Create(sampler, {}, "train.patch_sampler"));
  return std::unique_ptr<PatchPositions>(
      new PatchPositions(std::move(made), teaches.has_value() ? *teaches : *taught));
}

absl::StatusOr<PatchWindow> PatchPositions::CheckedWindow(int64_t height, int64_t width) const {
  DFKD_ASSIGN_OR_RETURN(const PatchWindow window, WindowOf(grid_, height, width));
  if (!window.FillsGrid()) {
    DFKD_RETURN_IF_ERROR(Annotate(sampler_->Check(window), "train.patch_sampler"));
  }
  return window;
}

absl::Status PatchPositions::Check(int64_t height, int64_t width) const {
  return CheckedWindow(height, width).status();
}

absl::StatusOr<at::Tensor> PatchPositions::Draw(const at::Tensor& images,
                                                RandomStreams& streams) const {
  DFKD_ASSIGN_OR_RETURN(const PatchWindow window, CheckedWindow(images.size(2), images.size(3)));
  if (window.FillsGrid()) return at::Tensor();
  return sampler_->Draw(images.size(0), window, streams.Get("patch_positions"));
}

}  // namespace dfkd
