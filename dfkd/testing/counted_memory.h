// How much memory a reader asks for, and how much it may: for the tests that replay a fuzzer's
// corpus.
#ifndef DFKD_TESTING_COUNTED_MEMORY_H_
#define DFKD_TESTING_COUNTED_MEMORY_H_

#include <cstddef>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"

namespace dfkd {

// Bytes that `read` asks for, given a copy of `bytes` in memory of exactly its size, so that a
// sanitizer sees any read beyond it: an upper bound of what lives at one time. new, malloc and
// calloc are counted, in all that is linked statically.
size_t MemoryFor(absl::FunctionRef<void(absl::string_view)> read, absl::string_view bytes);

// 64 MiB for a file of up to 1 KiB, and in proportion for a larger one.
inline constexpr size_t kSmallFile = 1024;
inline constexpr size_t kMostMemory = size_t{64} << 20;
size_t MostMemoryFor(absl::string_view bytes);

}  // namespace dfkd

#endif  // DFKD_TESTING_COUNTED_MEMORY_H_
