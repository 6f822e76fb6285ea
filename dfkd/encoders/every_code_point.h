// A test of how a tokenizer splits texts, over all of Unicode.
#ifndef DFKD_ENCODERS_EVERY_CODE_POINT_H_
#define DFKD_ENCODERS_EVERY_CODE_POINT_H_

#include <functional>
#include <string>
#include <vector>

namespace dfkd {

// Compares the words of "a" + c + "b", for every code point c, with a golden: FNV-1a hashes
// `hashes` [1088] over blocks of 1024 code points (a line each, words with spaces between), without
// those in the ranges `skipped` [R, 2].
void ExpectWordsOfEveryCodePoint(
    const std::string& golden_path, const std::string& hashes,
    const std::function<std::vector<std::u32string>(std::u32string_view)>& split);

}  // namespace dfkd

#endif  // DFKD_ENCODERS_EVERY_CODE_POINT_H_
