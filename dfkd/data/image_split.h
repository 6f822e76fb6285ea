// A split of picture files, which are read when they are asked for.
#ifndef DFKD_DATA_IMAGE_SPLIT_H_
#define DFKD_DATA_IMAGE_SPLIT_H_

#include <ATen/core/Tensor.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dfkd/data/batch_workers.h"
#include "dfkd/data/dataset.h"
#include "dfkd/data/image_reading.pb.h"
#include "dfkd/images/image.h"
#include "dfkd/images/resize.h"

namespace dfkd {

// How a picture of any size becomes one of the wanted size.
struct ImageLayout {
  enum class Fit {
    kCrop,    // the shorter side to `shorter_side`, then the middle
    kSquash,  // both sides, whatever becomes of the proportions
    kExact,   // other sizes are refused
  };

  int64_t channels = 3;  // 1: grey
  int64_t height = 0;
  int64_t width = 0;
  Fit fit = Fit::kCrop;
  int64_t shorter_side = 0;  // of kCrop; at least height and width
  ResizeFilter filter = ResizeFilter::kBilinear;

  int64_t bytes() const { return channels * height * width; }
};

// What pictures' shorter sides are brought to before their middle, `size` long, is cut out: 256 for
// 224.
inline int64_t UsualShorterSide(int64_t size) { return size * 8 / 7; }

// A picture file in that layout. InputFileError with the path.
absl::StatusOr<Image> ReadImage(const std::string& path, const ImageLayout& layout);

struct LabelledFiles {
  std::vector<std::string> paths;
  std::vector<int64_t> labels;
};

struct ImageSplitOptions {
  ImageLayout layout;
  ImageReading reading;
  // Reads a file where its layout does not say it all: an image of the layout's channels and size.
  // Null: ReadImage(path, layout).
  std::function<absl::StatusOr<Image>(const std::string& path)> read = nullptr;
};

// Up to which a split's pictures are kept where ImageReading says AUTO.
inline constexpr int64_t kAutoCacheBytes = int64_t{2} << 30;

class ImageSplit : public Split {
 public:
  // One label per path.
  ImageSplit(LabelledFiles files, const ImageSplitOptions& options);

  int64_t size() const override { return static_cast<int64_t>(paths_.size()); }
  absl::StatusOr<at::Tensor> Images(const at::Tensor& index) const override;
  // The same as bytes, [N, C, H, W] uint8.
  absl::StatusOr<at::Tensor> Bytes(const at::Tensor& index) const;
  void Prefetch(const at::Tensor& index) const override;
  const at::Tensor& labels() const override { return labels_; }

  bool cached() const { return cache_ != nullptr; }

 private:
  enum State : uint8_t { kAbsent, kBeingWritten, kPresent };

  // Picture i to `out`, from the cache where it is there. Called by several threads at once.
  absl::Status Load(int64_t i, uint8_t* out) const;

  const std::vector<std::string> paths_;
  const at::Tensor labels_;
  const ImageLayout layout_;
  const std::function<absl::StatusOr<Image>(const std::string& path)> read_;
  // [size(), bytes()]; pages that nothing was written to take no memory.
  std::unique_ptr<uint8_t[]> cache_;
  std::unique_ptr<std::atomic<State>[]> states_;
  // Last, so that its threads end first.
  mutable BatchWorkers workers_;
};

struct SplitFiles {
  LabelledFiles train;
  LabelledFiles validation;
  LabelledFiles test;
};

// Parts of `files` in the order of torch.randperm with `seed`: the first to train on, then the
// share to validate, then the share to test; both are rounded down. Without shares: the files as
// they are.
SplitFiles DrawSplits(const LabelledFiles& files, double validation_share, double test_share,
                      uint64_t seed);

// A data set of such splits. Empty ones are absent. A ConfigError where a cache that the spec
// demands is larger than the machine's memory.
absl::StatusOr<std::unique_ptr<Dataset>> MakeImageDataset(TeacherCard card, SplitFiles files,
                                                          const ImageSplitOptions& options);

}  // namespace dfkd

#endif  // DFKD_DATA_IMAGE_SPLIT_H_
