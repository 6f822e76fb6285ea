// What CIFAR-10 and CIFAR-100 share as data sets.
#ifndef DFKD_DATA_CIFAR_DATASET_H_
#define DFKD_DATA_CIFAR_DATASET_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/data/cifar_files.h"
#include "dfkd/data/dataset.h"

namespace dfkd {

TeacherCard WithCifarSize(TeacherCard card);

// The last `validation` images of the train split, in the order
// of torch.randperm with seed 0, become the validation split; 0: there is none.
absl::StatusOr<std::unique_ptr<Dataset>> OpenCifar(const CifarFormat& format,
                                                   const std::string& folder, int64_t validation,
                                                   TeacherCard card, const DatasetContext& context);

}  // namespace dfkd

#endif  // DFKD_DATA_CIFAR_DATASET_H_
