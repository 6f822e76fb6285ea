#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <memory>

#include "dfkd/models/model_testing.h"
#include "dfkd/models/plain_cnn.pb.h"
#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

// Widths 4, 6, 5, two convolutions a stage, one grey channel, three classes.
std::unique_ptr<Model> MakeSmall() {
  PlainCnnConfig config;
  for (int width : {4, 6, 5}) config.add_widths(width);
  config.set_convolutions_per_stage(2);
  return MakeModel(config, /*classes=*/3, /*channels=*/1);
}

TEST(PlainCnnTest, AgreesWithPyTorchAtASizeThatTwoDoesNotDivide) {
  const Golden golden("dfkd/models/testdata/models.safetensors");
  const auto model = MakeSmall();
  EXPECT_EQ(NamesAndShapes(*model), OriginalNamesAndShapes("plain_cnn"));
  FillDeterministically(*model);
  model->Eval();
  const ModelOutput output = model->Forward(DeterministicTensor({2, 1, 7, 5}, 3));
  EXPECT_LT(MaxDifference(output.logits, golden["plain_cnn.logits"]), 1e-5);
}

TEST(PlainCnnTest, PoolsBetweenStagesAndNotBehindTheLast) {
  const auto model = MakeSmall();
  Taps taps;
  taps.want_stages = true;
  taps.want_batch_norm_inputs = true;
  const ModelOutput output = model->Forward(DeterministicTensor({2, 1, 12, 9}, 3), taps);
  ASSERT_EQ(taps.stages.size(), 3u);
  EXPECT_EQ(taps.stages[1].sizes(), (at::IntArrayRef{2, 6, 6, 5}));
  // 9 -> 5 -> 3 columns, rounding up.
  EXPECT_EQ(output.feature_map.sizes(), (at::IntArrayRef{2, 5, 3, 3}));
  EXPECT_EQ(taps.batch_norm_inputs.size(), 6u);
}

TEST(PlainCnnTest, TakesImagesOfASinglePixel) {
  const auto model = MakeSmall();
  model->Eval();
  EXPECT_EQ(model->Forward(DeterministicTensor({1, 1, 1, 1}, 3)).logits.size(1), 3);
}

}  // namespace
}  // namespace dfkd
