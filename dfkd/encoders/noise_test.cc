#include <ATen/TensorOperators.h>

#include <memory>

#include "dfkd/core/random_stream.h"
#include "dfkd/core/testing.h"
#include "dfkd/encoders/encoder_factory.h"
#include "dfkd/encoders/noise.pb.h"

namespace dfkd {
namespace {

std::unique_ptr<Encoder> CreateNoise(int32_t dim, RandomStream& random) {
  NoiseConfig config;
  config.set_dim(dim);
  EncoderSpec spec;
  spec.mutable_config()->PackFrom(config);
  auto encoder = CreateEncoder(spec, {.random = &random}, "encoder");
  EXPECT_THAT(encoder, IsOk());
  return *std::move(encoder);
}

TEST(NoiseTest, RowsAreStandardNormal) {
  RandomStream random(1, "encoder");
  ASSERT_OK_AND_ASSIGN(const at::Tensor rows,
                       CreateNoise(10000, random)->Encode({"cat", "dog", "cow", "hen"}));
  ASSERT_EQ(rows.sizes(), at::IntArrayRef({4, 10000}));
  // Of 40,000 draws the mean has a standard deviation of 0.005, the variance one of
  // sqrt(2 / 40000) = 0.007; the correlation of two rows one of 0.01. Five of each.
  EXPECT_NEAR(rows.mean().item<double>(), 0, 0.025);
  EXPECT_NEAR(rows.var().item<double>(), 1, 0.035);
  EXPECT_NEAR((rows[0] * rows[1]).mean().item<double>(), 0, 0.05);
}

TEST(NoiseTest, RowsAreDrawnOnce) {
  RandomStream random(1, "encoder");
  const auto encoder = CreateNoise(8, random);
  ASSERT_OK_AND_ASSIGN(const at::Tensor first, encoder->Encode({"cat", "dog"}));
  ASSERT_OK_AND_ASSIGN(const at::Tensor second, encoder->Encode({"cat", "dog"}));
  EXPECT_TRUE(first.equal(second));
}

TEST(NoiseTest, RowsFollowTheRunsSeed) {
  RandomStream one(1, "encoder");
  RandomStream again(1, "encoder");
  RandomStream two(2, "encoder");
  ASSERT_OK_AND_ASSIGN(const at::Tensor rows, CreateNoise(8, one)->Encode({"cat"}));
  ASSERT_OK_AND_ASSIGN(const at::Tensor same, CreateNoise(8, again)->Encode({"cat"}));
  ASSERT_OK_AND_ASSIGN(const at::Tensor other, CreateNoise(8, two)->Encode({"cat"}));
  EXPECT_TRUE(rows.equal(same));
  EXPECT_FALSE(rows.equal(other));
}

}  // namespace
}  // namespace dfkd
