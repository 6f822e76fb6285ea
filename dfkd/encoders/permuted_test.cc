#include <ATen/ops/eye.h>
#include <ATen/ops/ones.h>

#include <memory>
#include <string>
#include <vector>

#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/core/testing.h"
#include "dfkd/encoders/encoder_factory.h"

namespace dfkd {
namespace {

constexpr int64_t kClasses = 20;

absl::StatusOr<std::unique_ptr<Encoder>> CreatePermuted(const std::string& config, uint64_t seed) {
  EncoderSpec spec;
  EXPECT_OK(ParseTextproto(
      "config { [type.googleapis.com/dfkd.PermutedConfig] { " + config + " } }", "spec", &spec));
  RandomStream random(seed, "encoder");
  return CreateEncoder(spec, {.random = &random}, "encoder");
}

// One-hot rows, so that the rows are the permutation's matrix.
at::Tensor Matrix(const std::string& config, uint64_t seed) {
  auto encoder = CreatePermuted(
      "encoder { config { [type.googleapis.com/dfkd.OneHotConfig] {} } } " + config, seed);
  EXPECT_THAT(encoder, IsOk());
  return *(*encoder)->Encode(std::vector<std::string>(kClasses, "class"));
}

TEST(PermutedTest, EachRowIsDealtOutOnce) {
  const at::Tensor matrix = Matrix("", 1);
  EXPECT_TRUE(matrix.sum(0).equal(at::ones({kClasses})));
  EXPECT_TRUE(matrix.sum(1).equal(at::ones({kClasses})));
  EXPECT_FALSE(matrix.equal(at::eye(kClasses)));
}

TEST(PermutedTest, ThePermutationFollowsTheRunsSeedUnlessItHasItsOwn) {
  EXPECT_TRUE(Matrix("", 1).equal(Matrix("", 1)));
  EXPECT_FALSE(Matrix("", 1).equal(Matrix("", 2)));
  EXPECT_TRUE(Matrix("seed: 7", 1).equal(Matrix("seed: 7", 2)));
  EXPECT_FALSE(Matrix("seed: 7", 1).equal(Matrix("seed: 8", 1)));
}

TEST(PermutedTest, TheSameEncoderGivesTheSameRowsAgain) {
  ASSERT_OK_AND_ASSIGN(auto encoder, CreatePermuted("encoder { preset: \"noise_384\" }", 3));
  const std::vector<std::string> names = {"cat", "dog", "cow"};
  ASSERT_OK_AND_ASSIGN(const at::Tensor first, encoder->Encode(names));
  ASSERT_OK_AND_ASSIGN(const at::Tensor second, encoder->Encode(names));
  EXPECT_EQ(first.sizes(), at::IntArrayRef({3, 384}));
  EXPECT_TRUE(first.equal(second));
}

TEST(PermutedTest, AnEncoderIsNeeded) {
  EXPECT_THAT(CreatePermuted("", 1), StatusMessageHas("PermutedConfig.encoder"));
  EXPECT_THAT(CreatePermuted("encoder { preset: \"minilmm\" }", 1), StatusMessageHas("minilm"));
}

}  // namespace
}  // namespace dfkd
