// The likeliest classes of picture files.
#ifndef DFKD_INFERENCE_RANK_IMAGES_H_
#define DFKD_INFERENCE_RANK_IMAGES_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/data/image_split.h"
#include "dfkd/models/model.h"
#include "dfkd/train/compute.h"

namespace dfkd {

// --resize: "crop", "squash", "exact". The layout that the card asks for; a crop is taken out of
// the picture with its shorter side at `shorter_side`, 0: 8/7 of the size, as the data set
// "image_folder" has it.
absl::StatusOr<ImageLayout> LayoutFromFlags(const std::string& resize, int64_t shorter_side,
                                            const TeacherCard& card);

struct RankOptions {
  std::string folder;
  ImageLayout layout;
  Compute compute;
  std::function<void(int64_t total)> on_start;
  std::function<void(int64_t images)> on_batch;
};

// A table (class_ranking.h) with a line for each PNG or JPEG file in the folder and those below it,
// by path. Pictures are normalised by the card, which also names the classes.
absl::StatusOr<std::string> RankImages(Model& model, const TeacherCard& card,
                                       const RankOptions& options);

}  // namespace dfkd

#endif  // DFKD_INFERENCE_RANK_IMAGES_H_
