#include "dfkd/core/freed_memory.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace dfkd {
namespace {

int64_t PageFaults() {
  struct rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

// 64 MiB, each page of them written to.
void UseMemory() {
  constexpr size_t kBytes = size_t{64} << 20, kPage = 4096;
  const std::unique_ptr<char[]> block(new char[kBytes]);
  volatile char* bytes = block.get();  // volatile: else the writes could be left out
  for (size_t i = 0; i < kBytes; i += kPage) bytes[i] = 1;
}

TEST(KeepFreedMemoryTest, WhatWasFreedIsTakenAgainWithoutNewPages) {
#if defined(__SANITIZE_ADDRESS__) || !defined(__GLIBC__)
  GTEST_SKIP() << "not glibc's malloc";
#endif
  KeepFreedMemory();
  UseMemory();
  const int64_t before = PageFaults();
  UseMemory();
  // Without it, 16,384: one a page.
  EXPECT_LT(PageFaults() - before, 100);
}

}  // namespace
}  // namespace dfkd
