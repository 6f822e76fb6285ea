// torch.save's container before PyTorch 1.6: pickles one behind the other, then the storages.
#ifndef DFKD_WEIGHTS_PYTORCH_LEGACY_H_
#define DFKD_WEIGHTS_PYTORCH_LEGACY_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/weights/tensor_record.h"

namespace dfkd {

// Whether a file begins with the stream's magic number.
bool LooksLikePyTorchLegacy(absl::string_view bytes);

absl::StatusOr<TensorRecords> ParsePyTorchLegacyRecords(absl::string_view bytes);

}  // namespace dfkd

#endif  // DFKD_WEIGHTS_PYTORCH_LEGACY_H_
