// Labelled images, and images with labelled pixels. Plugins of category "dataset".
#ifndef DFKD_DATA_DATASET_H_
#define DFKD_DATA_DATASET_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/experiment.pb.h"

namespace dfkd {

struct DatasetContext {
  // The size that the teacher wants; 0: the set's own.
  int64_t height = 0;
  int64_t width = 0;
};

enum class SplitName { kTrain, kValidation, kTest };
inline constexpr SplitName kSplitNames[] = {SplitName::kTrain, SplitName::kValidation,
                                            SplitName::kTest};
// "train", "validation", "test".
absl::string_view NameOf(SplitName split);

// Images that can be asked for by index.
class Split {
 public:
  virtual ~Split() = default;
  virtual int64_t size() const = 0;
  // index [N] int64 -> images [N, C, H, W] float32 in [0, 1], not normalised.
  virtual absl::StatusOr<at::Tensor> Images(const at::Tensor& index) const = 0;
  // A hint: Images will be asked for this index, after those announced before. A split that reads
  // files decodes them meanwhile on other threads. What Images gives does not depend on it.
  virtual void Prefetch(const at::Tensor& /*index*/) const {}
  // [size()] int64, in memory; -1: unknown, as in a split with masks.
  virtual const at::Tensor& labels() const = 0;
  // Whether each pixel has a class. A data set says so before it is opened by Capability::kMasks.
  virtual bool has_masks() const { return false; }
  // Where has_masks(): index [N] int64 -> [N, H, W] uint8 as Images gives H and W, the class of
  // each pixel or kIgnoredPixel (core/pixel_labels.h). Otherwise undefined.
  virtual absl::StatusOr<at::Tensor> Masks(const at::Tensor& /*index*/) const {
    return at::Tensor();
  }
};

class Dataset {
 public:
  static constexpr char kCategory[] = "dataset";
  using Context = DatasetContext;
  // What the set declares, without opening it: GetOutline of a plugin returns the card.
  using Outline = TeacherCard;

  virtual ~Dataset() = default;
  // Class names in order, normalisation, size and channels, as the set declares them.
  virtual const TeacherCard& card() const = 0;
  // Null where the set has no such split.
  virtual const Split* split(SplitName name) const = 0;
};

struct Splits {
  std::unique_ptr<const Split> train, validation, test;  // null: there is none
};

// A data set that holds its splits.
class SplitDataset : public Dataset {
 public:
  SplitDataset(TeacherCard card, Splits splits)
      : card_(std::move(card)), splits_(std::move(splits)) {}
  const TeacherCard& card() const override { return card_; }
  const Split* split(SplitName name) const override;

 private:
  const TeacherCard card_;
  const Splits splits_;
};

// A split whose images lie in memory.
class MemorySplit : public Split {
 public:
  // images [N, C, H, W] uint8 (scaled by 1/255) or float32 in [0, 1]; labels [N] int64; masks
  // [N, H, W] uint8 or undefined.
  MemorySplit(at::Tensor images, at::Tensor labels, at::Tensor masks = {});
  int64_t size() const override;
  absl::StatusOr<at::Tensor> Images(const at::Tensor& index) const override;
  const at::Tensor& labels() const override { return labels_; }
  bool has_masks() const override { return masks_.defined(); }
  absl::StatusOr<at::Tensor> Masks(const at::Tensor& index) const override;

 private:
  at::Tensor images_;
  at::Tensor labels_;
  at::Tensor masks_;
};

}  // namespace dfkd

#endif  // DFKD_DATA_DATASET_H_
