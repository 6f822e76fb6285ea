// torch.save's container since PyTorch 1.6: a zip archive of uncompressed entries.
#ifndef DFKD_WEIGHTS_PYTORCH_ZIP_H_
#define DFKD_WEIGHTS_PYTORCH_ZIP_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/weights/tensor_record.h"

namespace dfkd {

absl::StatusOr<TensorRecords> ParsePyTorchZipRecords(absl::string_view bytes);

}  // namespace dfkd

#endif  // DFKD_WEIGHTS_PYTORCH_ZIP_H_
