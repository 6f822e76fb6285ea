#include <ATen/ops/eye.h>

#include <memory>

#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/core/testing.h"
#include "dfkd/encoders/encoder_factory.h"
#include "dfkd/encoders/one_hot.pb.h"

namespace dfkd {
namespace {

TEST(OneHotTest, RowsAreTheIdentity) {
  EncoderSpec spec;
  spec.mutable_config()->PackFrom(OneHotConfig());
  RandomStream random(0, "encoder");
  ASSERT_OK_AND_ASSIGN(auto encoder, CreateEncoder(spec, {.random = &random}, "encoder"));
  ASSERT_OK_AND_ASSIGN(const at::Tensor rows, encoder->Encode({"cat", "dog", "cat"}));
  EXPECT_EQ(rows.scalar_type(), at::kFloat);
  EXPECT_TRUE(rows.equal(at::eye(3)));
}

}  // namespace
}  // namespace dfkd
