#include "dfkd/core/embedded.h"

#include <string>
#include <vector>

#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;

TEST(EmbeddedTest, FilesAreFoundByCategoryAndStem) {
  const EmbeddedFile* file = FindEmbeddedFile("model_preset", "wide16");
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(file->path, "dfkd/core/testdata/model_presets/wide16.textproto");
  EXPECT_EQ(file->text,
            "# Sixteen layers.\n[type.googleapis.com/dfkd.fake.WideNetConfig] { depth: 16 }\n");
  EXPECT_EQ(FindEmbeddedFile("encoder_preset", "wide16"), nullptr);
  EXPECT_EQ(FindEmbeddedFile("model_preset", "wide"), nullptr);
}

TEST(EmbeddedTest, ListsByName) {
  std::vector<std::string> names;
  for (const EmbeddedFile* file : ListEmbeddedFiles("encoder_preset")) {
    names.emplace_back(file->name);
  }
  EXPECT_THAT(names, ElementsAre("permuted8", "words8"));
  EXPECT_TRUE(ListEmbeddedFiles("nothing").empty());
}

}  // namespace
}  // namespace dfkd
