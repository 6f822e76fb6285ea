// What the fuzzers do with one input: parse it and, where it is accepted, hold the outcome against
// what the parsers promise. A broken promise ends the program.
#ifndef DFKD_WEIGHTS_FUZZ_FUZZ_TARGETS_H_
#define DFKD_WEIGHTS_FUZZ_FUZZ_TARGETS_H_

#include "absl/strings/string_view.h"

namespace dfkd {

void FuzzSafetensors(absl::string_view bytes);
void FuzzPyTorchZip(absl::string_view bytes);
void FuzzPyTorchLegacy(absl::string_view bytes);

}  // namespace dfkd

#endif  // DFKD_WEIGHTS_FUZZ_FUZZ_TARGETS_H_
