// Replays the fuzzers' corpora in every build, and counts the memory that each file costs.
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/files.h"
#include "dfkd/core/testing.h"
#include "dfkd/testing/counted_memory.h"
#include "dfkd/weights/file_forge.h"
#include "dfkd/weights/fuzz/fuzz_targets.h"
#include "gtest/gtest.h"

namespace dfkd {
namespace {

using Target = void (*)(absl::string_view);

class CorpusTest : public ::testing::TestWithParam<std::pair<const char*, Target>> {};

TEST_P(CorpusTest, EveryFileIsHandledInLittleMemory) {
  const std::string dir = absl::StrCat("dfkd/weights/fuzz/corpus/", GetParam().first);
  ASSERT_OK_AND_ASSIGN(const std::vector<std::string> names, ListDirectory(dir));
  EXPECT_GE(names.size(), 9);
  for (const std::string& name : names) {
    ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadFile(JoinPath(dir, name)));
    const size_t memory = MemoryFor(GetParam().second, bytes);
    EXPECT_LE(memory, MostMemoryFor(bytes)) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(All, CorpusTest,
                         ::testing::Values(std::make_pair("safetensors", &FuzzSafetensors),
                                           std::make_pair("pytorch_zip", &FuzzPyTorchZip),
                                           std::make_pair("pytorch_legacy", &FuzzPyTorchLegacy)),
                         [](const auto& info) { return std::string(info.param.first); });

// Programs that make as much as they can of 1 kB.
TEST(MemoryTest, AThousandBytesOfPickleStaySmall) {
  const auto repeated = [](absl::string_view begin, absl::string_view part, absl::string_view end) {
    std::string program = absl::StrCat(kPickleBegin, begin);
    while (program.size() + part.size() + end.size() < kSmallFile - 200) program += part;
    return absl::StrCat(program, end, ".");
  };
  const std::string dict = PickleName("collections", "OrderedDict");
  for (const std::string& program :
       {repeated("(", "N", "t"), repeated("(", "]", "t"), repeated("(", "}", "t"),
        repeated("Nq\1", "h\1\x86", ""), repeated("Nq\1(", "h\1\x85", "t"),
        repeated("](", "(t", "e"), repeated("N", "q\1q\2q\3", ""),
        // A dict of many pairs, made again and again.
        absl::StrCat(kPickleBegin, dict, "q\1NN\x86q\2](", repeated("", "h\2", "").substr(2, 300),
                     "eq\3](", repeated("", "h\1h\3\x85R", "").substr(2, 420), "e.")}) {
    const std::string file = ForgePyTorchLegacy(program, {});
    ASSERT_LE(file.size(), 1200);
    EXPECT_LE(MemoryFor(&FuzzPyTorchLegacy, file), kMostMemory);
  }
}

TEST(MemoryTest, AThousandBytesOfSafetensorsStaySmall) {
  std::string many = "{";
  for (int i = 0; i < 15; ++i) {
    absl::StrAppend(&many, i == 0 ? "" : ",", "\"", i,
                    R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})");
  }
  for (const std::string& header : {many + "}", std::string(1000, '['), std::string(1000, ' ')}) {
    EXPECT_LE(MemoryFor(&FuzzSafetensors, ForgeSafetensors(header, "")), kMostMemory);
  }
  // A header said to be almost 100 MB long.
  std::string file = ForgeSafetensors("{}", "");
  file.replace(0, 8, absl::string_view("\xff\xe0\xf5\x05\0\0\0\0", 8));
  EXPECT_LE(MemoryFor(&FuzzSafetensors, file), kSmallFile * 4);
}

}  // namespace
}  // namespace dfkd
