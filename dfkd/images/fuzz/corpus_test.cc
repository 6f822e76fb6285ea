// Replays the fuzzer's corpus in every build, and counts the memory that each file costs.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "dfkd/core/files.h"
#include "dfkd/core/testing.h"
#include "dfkd/images/fuzz/fuzz_targets.h"
#include "gtest/gtest.h"

namespace {

// Bytes ever asked for: an upper bound of what lives at one time.
std::atomic<size_t> allocated{0};

}  // namespace

// The linker sends calls of malloc and calloc here (--wrap), also those of libpng and libjpeg.
extern "C" {
void* __real_malloc(size_t size);
void* __real_calloc(size_t count, size_t size);
void* __wrap_malloc(size_t size) {
  allocated += size;
  return __real_malloc(size);
}
void* __wrap_calloc(size_t count, size_t size) {
  allocated += count * size;
  return __real_calloc(count, size);
}
}

void* operator new(size_t size, const std::nothrow_t&) noexcept { return std::malloc(size); }
void* operator new(size_t size) {
  void* const memory = operator new(size, std::nothrow);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace dfkd {
namespace {

constexpr size_t kSmallFile = 1024;
constexpr size_t kMostMemory = size_t{64} << 20;

size_t MemoryFor(absl::string_view bytes) {
  // Memory of exactly this size, so that a sanitizer sees any read beyond it.
  const std::unique_ptr<char[]> copy(new char[bytes.size() + 1]);
  std::copy(bytes.begin(), bytes.end(), copy.get());
  const size_t before = allocated;
  FuzzImage({copy.get(), bytes.size()});
  return allocated - before;
}

TEST(CorpusTest, EveryFileIsHandledInLittleMemory) {
  const std::string dir = "dfkd/images/fuzz/corpus/images";
  ASSERT_OK_AND_ASSIGN(const std::vector<std::string> names, ListDirectory(dir));
  EXPECT_GE(names.size(), 20);
  size_t most = 0;
  for (const std::string& name : names) {
    ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadFile(JoinPath(dir, name)));
    const size_t memory = MemoryFor(bytes);
    EXPECT_LE(memory, kMostMemory / kSmallFile * std::max(kSmallFile, bytes.size())) << name;
    most = std::max(most, memory);
  }
  // What the decoders allocate is seen: one of the files is said to have four million pixels.
  EXPECT_GE(most, size_t{1} << 24);
}

}  // namespace
}  // namespace dfkd
