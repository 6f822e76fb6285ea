// Whether a run measures what its best epoch is chosen by.
#ifndef DFKD_TRAIN_SELECTION_H_
#define DFKD_TRAIN_SELECTION_H_

#include "absl/status/status.h"
#include "dfkd/core/experiment.pb.h"

namespace dfkd {

struct Measured {
  bool validation = false;  // the data have a validation split
  bool test = false;        // the data have a test split
  bool agreement = false;   // a teacher, and a pool of which part can be held out
};

// ConfigError where nothing is measured that `selection` asks for.
absl::Status CheckSelection(EvaluationSpec::Selection selection, const Measured& measured);

}  // namespace dfkd

#endif  // DFKD_TRAIN_SELECTION_H_
