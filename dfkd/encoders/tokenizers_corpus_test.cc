// Replays the corpora of the tokenizers' fuzzers.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "dfkd/core/files.h"
#include "dfkd/core/testing.h"
#include "dfkd/encoders/fuzz/fuzz_targets.h"

namespace dfkd {
namespace {

void Replay(const std::string& name, void (*target)(absl::string_view)) {
  const std::string dir = "dfkd/encoders/fuzz/corpus/" + name;
  ASSERT_OK_AND_ASSIGN(const std::vector<std::string> files, ListDirectory(dir));
  EXPECT_GE(files.size(), 5);
  for (const std::string& file : files) {
    ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadFile(JoinPath(dir, file)));
    // Memory of exactly this size, so that a sanitizer sees any read beyond it.
    const std::unique_ptr<char[]> copy(new char[bytes.size() + 1]);
    std::copy(bytes.begin(), bytes.end(), copy.get());
    target({copy.get(), bytes.size()});
  }
}

TEST(TokenizersCorpusTest, EveryVocabularyAndTextIsHandled) { Replay("wordpiece", &FuzzWordPiece); }
TEST(TokenizersCorpusTest, EveryFileOfClassNamesIsHandled) { Replay("labels", &FuzzLabels); }
TEST(TokenizersCorpusTest, EveryMergesFileAndTextIsHandled) { Replay("byte_pair", &FuzzBytePair); }

}  // namespace
}  // namespace dfkd
