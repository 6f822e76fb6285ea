#include "dfkd/data/cifar_dataset.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/randperm.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"
#include "dfkd/data/dataset_card.h"

namespace dfkd {
namespace {

std::unique_ptr<MemorySplit> Select(const CifarImages& from, const at::Tensor& index) {
  return std::make_unique<MemorySplit>(from.images.index_select(0, index),
                                       from.labels.index_select(0, index));
}

}  // namespace

TeacherCard WithCifarSize(TeacherCard card) {
  SetImageSize(kCifarSize, kCifarSize, kCifarChannels, &card);
  return card;
}

absl::StatusOr<std::unique_ptr<Dataset>> OpenCifar(const CifarFormat& format,
                                                   const std::string& folder, int64_t validation,
                                                   TeacherCard card,
                                                   const DatasetContext& context) {
  DFKD_RETURN_IF_ERROR(CheckTeacherSize(context, kCifarSize, format.name));
  DFKD_ASSIGN_OR_RETURN(const CifarImages all, ReadCifar(folder, format.train_files, format));
  DFKD_ASSIGN_OR_RETURN(const CifarImages test, ReadCifar(folder, {format.test_file}, format));
  Splits splits;
  splits.test = std::make_unique<MemorySplit>(test.images, test.labels);
  const int64_t count = all.labels.size(0);
  if (validation >= count) {
    return ConfigError(absl::StrCat("validation is ", validation, "; must be less than the ", count,
                                    " images to train on"));
  }
  if (validation == 0) {
    splits.train = std::make_unique<MemorySplit>(all.images, all.labels);
  } else {
    const at::Tensor order =
        at::randperm(count, at::detail::createCPUGenerator(/*seed_val=*/0), at::kLong);
    splits.train = Select(all, order.slice(0, 0, count - validation));
    splits.validation = Select(all, order.slice(0, count - validation));
  }
  return std::make_unique<SplitDataset>(std::move(card), std::move(splits));
}

}  // namespace dfkd
