#include "dfkd/testing/counted_memory.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>

namespace {

// Bytes ever asked for.
std::atomic<size_t> allocated{0};

}  // namespace

// The linker sends calls of malloc and calloc here (--wrap), also those of libraries that decode.
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

size_t MemoryFor(absl::FunctionRef<void(absl::string_view)> read, absl::string_view bytes) {
  const std::unique_ptr<char[]> copy(new char[bytes.size() + 1]);
  std::copy(bytes.begin(), bytes.end(), copy.get());
  const size_t before = allocated;
  read({copy.get(), bytes.size()});
  return allocated - before;
}

size_t MostMemoryFor(absl::string_view bytes) {
  return kMostMemory / kSmallFile * std::max(kSmallFile, bytes.size());
}

}  // namespace dfkd
