#include "dfkd/data/image_split.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/randperm.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

at::Tensor ToTensor(const std::vector<int64_t>& values) {
  at::Tensor tensor = at::empty({static_cast<int64_t>(values.size())}, at::kLong);
  std::copy(values.begin(), values.end(), tensor.mutable_data_ptr<int64_t>());
  return tensor;
}

std::vector<int64_t> ToVector(const at::Tensor& index) {
  const at::Tensor values = index.contiguous();
  const auto* begin = values.const_data_ptr<int64_t>();
  return {begin, begin + values.numel()};
}

int ChooseThreads(int wanted) {
  if (wanted > 0) return wanted;
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 16);
}

bool ChooseCache(ImageReading::Cache cache, int64_t bytes) {
  return cache == ImageReading::MEMORY || (cache == ImageReading::AUTO && bytes <= kAutoCacheBytes);
}

std::unique_ptr<const Split> MakeSplit(LabelledFiles files, const ImageSplitOptions& options) {
  if (files.paths.empty()) return nullptr;
  return std::make_unique<ImageSplit>(std::move(files), options);
}

// 0: not known.
int64_t MachineBytes() {
  struct sysinfo info;
  if (sysinfo(&info) != 0) return 0;
  return static_cast<int64_t>(info.totalram) * info.mem_unit;
}

}  // namespace

absl::StatusOr<Image> ReadImage(const std::string& path, const ImageLayout& layout) {
  CHECK(layout.channels == 1 || layout.channels == 3) << layout.channels << " channels";
  DFKD_ASSIGN_OR_RETURN(Image image,
                        ReadImage(path, layout.channels == 1 ? ColorMode::kGrey : ColorMode::kRgb));
  switch (layout.fit) {
    case ImageLayout::Fit::kCrop:
      return ResizeShorterSideAndCrop(image, layout.shorter_side, layout.height, layout.width,
                                      layout.filter);
    case ImageLayout::Fit::kSquash:
      return ResizeImage(image, layout.height, layout.width, layout.filter);
    case ImageLayout::Fit::kExact:
      if (image.height == layout.height && image.width == layout.width) return image;
      return InputFileError(absl::StrCat(path, " has ", image.width, " x ", image.height,
                                         " pixels; must have ", layout.width, " x ",
                                         layout.height));
  }
  return absl::InternalError("unknown fit");
}

ImageSplit::ImageSplit(LabelledFiles files, const ImageSplitOptions& options)
    : paths_(std::move(files.paths)),
      labels_(ToTensor(files.labels)),
      layout_(options.layout),
      read_(options.read),
      workers_(ChooseThreads(options.reading.threads()), layout_.bytes(),
               [this](int64_t i, uint8_t* out) { return Load(i, out); }) {
  CHECK_EQ(labels_.size(0), size()) << "one label per picture";
  if (ChooseCache(options.reading.cache(), size() * layout_.bytes())) {
    cache_.reset(new uint8_t[size() * layout_.bytes()]);
    states_.reset(new std::atomic<State>[size()]());
  }
}

absl::Status ImageSplit::Load(int64_t i, uint8_t* out) const {
  uint8_t* const place = cached() ? cache_.get() + i * layout_.bytes() : nullptr;
  if (cached() && states_[i].load(std::memory_order_acquire) == kPresent) {
    std::memcpy(out, place, layout_.bytes());
    return absl::OkStatus();
  }
  DFKD_ASSIGN_OR_RETURN(const Image image,
                        read_ ? read_(paths_[i]) : ReadImage(paths_[i], layout_));
  CHECK_EQ(static_cast<int64_t>(image.pixels.size()), layout_.bytes()) << paths_[i];
  std::memcpy(out, image.pixels.data(), image.pixels.size());
  State absent = kAbsent;
  if (cached() && states_[i].compare_exchange_strong(absent, kBeingWritten)) {
    std::memcpy(place, image.pixels.data(), image.pixels.size());
    states_[i].store(kPresent, std::memory_order_release);
  }
  return absl::OkStatus();
}

absl::StatusOr<at::Tensor> ImageSplit::Images(const at::Tensor& index) const {
  DFKD_ASSIGN_OR_RETURN(const at::Tensor bytes, Bytes(index));
  return bytes.to(at::kFloat).div_(255);
}

absl::StatusOr<at::Tensor> ImageSplit::Bytes(const at::Tensor& index) const {
  const std::vector<int64_t> items = ToVector(index);
  for (const int64_t i : items) CHECK(i >= 0 && i < size()) << i << " of " << size();
  DFKD_ASSIGN_OR_RETURN(BatchWorkers::Bytes bytes, workers_.Take(items));
  uint8_t* const data = bytes.get();
  // The tensor takes the bytes over.
  return at::from_blob(
      data, {static_cast<int64_t>(items.size()), layout_.channels, layout_.height, layout_.width},
      [owned = std::shared_ptr<uint8_t[]>(std::move(bytes))](void*) mutable { owned.reset(); },
      at::kByte);
}

void ImageSplit::Prefetch(const at::Tensor& index) const { workers_.Announce(ToVector(index)); }

SplitFiles DrawSplits(const LabelledFiles& files, double validation_share, double test_share,
                      uint64_t seed) {
  if (validation_share == 0 && test_share == 0)
    return {.train = files, .validation = {}, .test = {}};
  const auto count = static_cast<int64_t>(files.paths.size());
  const auto part = [&](double share) {
    return static_cast<int64_t>(std::floor(share * static_cast<double>(count)));
  };
  const int64_t train = count - part(validation_share) - part(test_share);
  const int64_t validation_end = train + part(validation_share);
  CHECK_GE(train, 0);
  const std::vector<int64_t> order =
      ToVector(at::randperm(count, at::detail::createCPUGenerator(seed), at::kLong));
  SplitFiles splits;
  for (int64_t i = 0; i < count; ++i) {
    LabelledFiles& split = i < train            ? splits.train
                           : i < validation_end ? splits.validation
                                                : splits.test;
    split.paths.push_back(files.paths[order[i]]);
    split.labels.push_back(files.labels[order[i]]);
  }
  return splits;
}

absl::StatusOr<std::unique_ptr<Dataset>> MakeImageDataset(TeacherCard card, SplitFiles files,
                                                          const ImageSplitOptions& options) {
  const auto count = static_cast<int64_t>(files.train.paths.size() + files.validation.paths.size() +
                                          files.test.paths.size());
  const int64_t bytes = count * options.layout.bytes(), machine = MachineBytes();
  if (options.reading.cache() == ImageReading::MEMORY && machine > 0 && bytes > machine) {
    return ConfigError(absl::StrCat("reading.cache is MEMORY, but ", count, " pictures take ",
                                    bytes >> 20, " MiB and the machine has ", machine >> 20,
                                    "; set NONE, or a smaller size"));
  }
  return std::make_unique<SplitDataset>(std::move(card),
                                        Splits{MakeSplit(std::move(files.train), options),
                                               MakeSplit(std::move(files.validation), options),
                                               MakeSplit(std::move(files.test), options)});
}

}  // namespace dfkd
