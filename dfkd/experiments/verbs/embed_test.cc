#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/ones.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/testing.h"
#include "dfkd/encoders/embedding_table.h"
#include "dfkd/experiments/testing/program.h"
#include "dfkd/experiments/testing/stranger_weights.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kGolden[] = "dfkd/encoders/testdata/sbert.safetensors";

std::vector<std::string> Embed(const std::string& encoder,
                               const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = {"embed", "--encoder=" + encoder, "--labels=labels.txt",
                                    "--output=rows.safetensors"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

EmbeddingTable Rows(const std::vector<std::string>& words) {
  const Outcome outcome = Dfkd(words);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
  auto table = ReadEmbeddingTable(InTempDir("rows.safetensors"));
  EXPECT_OK(table);
  return *std::move(table);
}

TEST(EmbedTest, RowsEqualSentenceTransformers) {
  // The golden's first texts are "a image of zero", …, "a image of aquarium fish".
  WriteText("labels.txt", "zero\nairplane\naquarium_fish\n");
  const Outcome outcome = Dfkd(Embed("minilm"));
  EXPECT_EQ(outcome.output, "rows.safetensors: 3 rows of 384 numbers\n") << outcome.error;
  const EmbeddingTable table = Rows(Embed("minilm"));
  EXPECT_LT(MaxDifference(table.rows, Golden(kGolden)["embeddings"].narrow(0, 0, 3)), 1e-5);
  EXPECT_THAT(table.labels, ElementsAre("zero", "airplane", "aquarium_fish"));
  EXPECT_EQ(table.prompt, "a image of {}");
  EXPECT_EQ(table.encoder, "[type.googleapis.com/dfkd.SbertConfig] { }");
}

TEST(EmbedTest, FlagsStandForFieldsOfTheEncoder) {
  WriteText("labels.txt", "image of zero\n");
  // "a {}" of "image of zero" is the golden's first text.
  const EmbeddingTable table =
      Rows(Embed("sbert", {"--prompt=a {}", "--normalize=none", "--precision=fp32"}));
  EXPECT_EQ(table.prompt, "a {}");
  const at::Tensor length = table.rows.norm(2, 1, /*keepdim=*/true);
  EXPECT_GT(MaxDifference(length, at::ones({1, 1})), 1e-2);
  EXPECT_LT(MaxDifference(table.rows / length, Golden(kGolden)["embeddings"].narrow(0, 0, 1)),
            1e-5);
}

TEST(EmbedTest, TheTableEncoderReadsItBack) {
  WriteText("labels.txt", "cat\ndog\n");
  const at::Tensor rows = Rows(Embed("one_hot")).rows;
  EXPECT_TRUE(rows.equal(at::eye(2)));
  const std::vector<std::string> words = {
      "embed", "--encoder=table", "--set=encoder.file=rows.safetensors", "--labels=labels.txt"};
  std::vector<std::string> copy = words;
  copy.push_back("--output=again.safetensors");
  const Outcome outcome = Dfkd(copy);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
  ASSERT_OK_AND_ASSIGN(const EmbeddingTable again,
                       ReadEmbeddingTable(InTempDir("again.safetensors")));
  EXPECT_TRUE(again.rows.equal(rows));
  copy.back() = "--output=./rows.safetensors";
  ExpectRefused(copy,
                "--output=./rows.safetensors is the file of encoder.file, which it would replace; "
                "name another");
}

TEST(EmbedTest, DrawnRowsFollowTheSeed) {
  WriteText("labels.txt", "cat\ndog\n");
  const at::Tensor first = Rows(Embed("noise", {"--set=encoder.dim=7"})).rows;
  EXPECT_EQ(first.sizes(), (std::vector<int64_t>{2, 7}));
  EXPECT_TRUE(Rows(Embed("noise", {"--set=encoder.dim=7"})).rows.equal(first));
  EXPECT_FALSE(Rows(Embed("noise", {"--set=encoder.dim=7", "--seed=1"})).rows.equal(first));
}

TEST(EmbedTest, WhatIsMissingOrWrongIsNamed) {
  WriteText("labels.txt", "cat\ndog\ncat\n");
  ExpectRefused({"embed", "--encoder=minilm"}, "embed needs --labels=…; see `embed --help`");
  ExpectRefused(Embed("one_hot"),
                "labels.txt:3: \"cat\" stands in line 1 already; class names must differ", 3);
  WriteText("labels.txt", "cat\n\n");
  ExpectRefused(Embed("one_hot"), "labels.txt:2: the line is empty; must hold a class name", 3);
  WriteText("labels.txt", "cat\ndog\n");
  ExpectRefused(
      {"embed", "--encoder=one_hot", "--labels=labels.txt", "--output=labels.txt"},
      "--output=labels.txt is the file of --labels, which it would replace; name another");
  EXPECT_EQ(Dfkd(Embed("one_hot", {"--device=cpu"})).exit_code, 2);
  const Outcome unknown = Dfkd(Embed("minilim"));
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.error, HasSubstr("did you mean \"minilm\"?"));
  ExpectRefused(Embed("one_hot", {"--prompt=a {}"}),
                "--prompt: encoder: EncoderSpec and OneHotConfig have no field \"prompt\"");
  ExpectRefused(Embed("minilm", {"--normalize=l3"}),
                "--normalize: encoder.normalize takes one of AUTO, L2, NONE, not "
                "\"L3\"");
  ExpectRefused(Embed("minilm", {"--prompt=a cat"}),
                "encoder.SbertConfig: prompt is \"a cat\"; must hold {} where the class name goes, "
                "as in \"a photo of a {}\"");
  ExpectRefused(Embed("minilm", {"--weights=absent.safetensors"}),
                "cannot open absent.safetensors: No such file or directory", 3);
}

}  // namespace
}  // namespace dfkd
