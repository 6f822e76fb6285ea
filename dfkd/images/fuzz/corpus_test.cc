// Replays the fuzzer's corpus in every build, and counts the memory that each file costs.
#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "dfkd/core/files.h"
#include "dfkd/core/testing.h"
#include "dfkd/images/fuzz/fuzz_targets.h"
#include "dfkd/testing/counted_memory.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

TEST(CorpusTest, EveryFileIsHandledInLittleMemory) {
  const std::string dir = "dfkd/images/fuzz/corpus/images";
  ASSERT_OK_AND_ASSIGN(const std::vector<std::string> names, ListDirectory(dir));
  EXPECT_GE(names.size(), 20);
  size_t most = 0;
  for (const std::string& name : names) {
    ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadFile(JoinPath(dir, name)));
    const size_t memory = MemoryFor(FuzzImage, bytes);
    EXPECT_LE(memory, MostMemoryFor(bytes)) << name;
    most = std::max(most, memory);
  }
  // What the decoders allocate is seen: one of the files is said to have four million pixels.
  EXPECT_GE(most, size_t{1} << 24);
}

}  // namespace
}  // namespace dfkd
