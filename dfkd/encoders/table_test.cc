#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>

#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/core/testing.h"
#include "dfkd/encoders/embedding_table.h"
#include "dfkd/encoders/encoder_factory.h"
#include "dfkd/encoders/table.pb.h"
#include "dfkd/testing/golden.h"
#include "dfkd/weights/weights.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;

class TableTest : public ::testing::Test {
 protected:
  // A safetensors file that another program might have written.
  void Write(const at::Tensor& rows, const std::map<std::string, std::string>& metadata,
             const std::string& name = "embeddings") {
    ASSERT_OK(WriteSafetensors(FileSystem::Posix(), path_, {{name, rows}}, metadata));
  }
  absl::StatusOr<at::Tensor> Encode(const std::vector<std::string>& class_names) {
    TableConfig config;
    config.set_file(path_);
    EncoderSpec spec;
    spec.mutable_config()->PackFrom(config);
    RandomStream random(0, "encoder");
    auto encoder = CreateEncoder(spec, {.random = &random}, "encoder");
    if (!encoder.ok()) return encoder.status();
    return (*encoder)->Encode(class_names);
  }
  absl::Status Refusal(const std::vector<std::string>& class_names) {
    const absl::Status status = Encode(class_names).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
    return status;
  }

  const std::string path_ =
      absl::StrCat(::testing::TempDir(),
                   ::testing::UnitTest::GetInstance()->current_test_info()->name(), ".safetensors");
  const at::Tensor rows_ = at::arange(6, at::kFloat).view({3, 2});
  const std::map<std::string, std::string> labels_ = {{"labels", R"(["cat", "dog", "sea lion"])"}};
};

TEST_F(TableTest, RowsComeBackForTheSameClassesInTheSameOrder) {
  Write(rows_, labels_);
  ASSERT_OK_AND_ASSIGN(const at::Tensor rows, Encode({"cat", "dog", "sea lion"}));
  EXPECT_TRUE(rows.equal(rows_));
}

TEST_F(TableTest, OtherNamesAreRefusedWithTheFirstRowThatDiffers) {
  Write(rows_, labels_);
  EXPECT_THAT(
      Refusal({"cat", "sea lion", "dog"}),
      StatusMessageIs(path_ + ": row 1 is \"dog\", but class 1 is \"sea lion\"; the table "
                              "must have the teacher's class names in the teacher's order"));
  EXPECT_THAT(Refusal({"cat", "dog"}),
              StatusMessageIs(path_ + ": has 3 rows, but there are 2 classes"));
  EXPECT_THAT(Refusal({"cat", "dog", "sea lion", "cow"}),
              StatusMessageIs(path_ + ": has 3 rows, but there are 4 classes"));
}

TEST_F(TableTest, NumbersThatAreNotFiniteAreRefusedWithTheirRow) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    at::Tensor rows = rows_.clone();
    rows[1][0] = bad;
    Write(rows, labels_);
    EXPECT_THAT(Refusal({"cat", "dog", "sea lion"}),
                StatusMessageIs(path_ + ": row 1 (\"dog\") holds NaN or infinity"));
  }
}

TEST_F(TableTest, HalfAndDoublePrecisionAreRead) {
  for (const at::ScalarType type : {at::kHalf, at::kBFloat16, at::kDouble}) {
    Write(rows_.to(type), labels_);
    ASSERT_OK_AND_ASSIGN(const at::Tensor rows, Encode({"cat", "dog", "sea lion"}));
    EXPECT_EQ(rows.scalar_type(), at::kFloat);
    EXPECT_TRUE(rows.equal(rows_));  // 0 ... 5 are exact in each
  }
}

TEST_F(TableTest, WhatIsNoTableIsRefused) {
  const std::vector<std::string> names = {"cat", "dog", "sea lion"};
  EXPECT_THAT(Refusal(names), StatusMessageHas(path_));  // not there
  Write(rows_, labels_, "rows");
  EXPECT_THAT(Refusal(names),
              StatusMessageIs(path_ + ": has no tensor \"embeddings\" [classes, dimensions]"));
  Write(rows_.view({6}), labels_);
  EXPECT_THAT(Refusal(names), StatusMessageHas("must be floating point [classes, dimensions]"));
  Write(rows_.to(at::kLong), labels_);
  EXPECT_THAT(Refusal(names), StatusMessageHas("must be floating point [classes, dimensions]"));
  Write(rows_, {});
  EXPECT_THAT(Refusal(names), StatusMessageIs(path_ + ": has no metadata \"labels\", a JSON list "
                                                      "with the class name of each row"));
  for (const char* labels : {"cat, dog", "[1, 2, 3]", "{}"}) {
    Write(rows_, {{"labels", labels}});
    EXPECT_THAT(Refusal(names), StatusMessageIs(path_ + ": metadata \"labels\" must be a JSON list "
                                                        "of class names"));
  }
  Write(rows_, {{"labels", R"(["cat"])"}});
  EXPECT_THAT(Refusal(names),
              StatusMessageIs(path_ + ": has 3 rows and 1 labels; each row needs one"));
  Write(at::empty({0, 2}), {{"labels", "[]"}});
  EXPECT_THAT(Refusal(names), StatusMessageIs(path_ + ": the table is empty"));
}

TEST_F(TableTest, WhatIsWrittenIsReadBack) {
  const EmbeddingTable table = {
      rows_, {"cat", "\"quoted\" \u72ac", "sea lion"}, "a image of {}", "minilm"};
  ASSERT_OK(WriteEmbeddingTable(FileSystem::Posix(), path_, table));
  ASSERT_OK_AND_ASSIGN(const EmbeddingTable read, ReadEmbeddingTable(path_));
  EXPECT_TRUE(read.rows.equal(rows_));
  EXPECT_THAT(read.labels, ElementsAre("cat", "\"quoted\" \u72ac", "sea lion"));
  EXPECT_EQ(read.prompt, "a image of {}");
  EXPECT_EQ(read.encoder, "minilm");
}

TEST_F(TableTest, ATableThatCouldNotBeReadIsNotWritten) {
  const auto write = [&](const EmbeddingTable& table) {
    return WriteEmbeddingTable(FileSystem::Posix(), path_, table);
  };
  EXPECT_THAT(write({rows_, {"cat"}, "", ""}), StatusMessageHas("has 3 rows and 1 labels"));
  EXPECT_THAT(write({rows_ / 0.0, {"cat", "dog", "cow"}, "", ""}),
              StatusMessageHas("row 0 (\"cat\") holds NaN or infinity"));
  EXPECT_THAT(write({rows_, {"cat", "dog", "\xff"}, "", ""}), StatusMessageHas("not valid UTF-8"));
}

}  // namespace
}  // namespace dfkd
