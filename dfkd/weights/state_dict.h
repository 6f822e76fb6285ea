// From a pickle to the tensors of its state_dict.
#ifndef DFKD_WEIGHTS_STATE_DICT_H_
#define DFKD_WEIGHTS_STATE_DICT_H_

#include <cstddef>
#include <functional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/weights/pickle.h"
#include "dfkd/weights/tensor_record.h"

namespace dfkd {

// The tensors under "state_dict", "model_state_dict", "model" or "net" (the first of these that
// holds any), else those at the root. Other entries, an epoch or an optimiser's state, are left
// out. `find_storage` gives a storage's bytes by its key. Together the tensors may take four times
// the bytes of the file: several may share a storage.
absl::StatusOr<TensorRecords> TakeStateDict(
    const Pickle& pickle,
    const std::function<absl::StatusOr<absl::string_view>(absl::string_view key)>& find_storage,
    size_t file_bytes);

}  // namespace dfkd

#endif  // DFKD_WEIGHTS_STATE_DICT_H_
