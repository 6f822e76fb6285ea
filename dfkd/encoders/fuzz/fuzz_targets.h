// What the fuzzers do with one input: a tokenizer's file up to the first NUL, then a text. Where
// the file is accepted, the text's tokens are held against what the tokenizer promises. A broken
// promise ends the program.
#ifndef DFKD_ENCODERS_FUZZ_FUZZ_TARGETS_H_
#define DFKD_ENCODERS_FUZZ_FUZZ_TARGETS_H_

#include "absl/strings/string_view.h"

namespace dfkd {

void FuzzWordPiece(absl::string_view bytes);
void FuzzBytePair(absl::string_view bytes);
// A file of class names, of which what is accepted is written anew and read back.
void FuzzLabels(absl::string_view bytes);

}  // namespace dfkd

#endif  // DFKD_ENCODERS_FUZZ_FUZZ_TARGETS_H_
