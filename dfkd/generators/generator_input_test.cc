#include "dfkd/generators/generator_input.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "dfkd/core/testing.h"
#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

using Config = GeneratorInputConfig;

// Three classes with rows of four numbers; batches of seven.
at::Tensor Rows() { return DeterministicTensor({3, 4}, 6, 0.0, 5.0); }
at::Tensor Labels() { return at::tensor({0, 1, 2, 0, 1, 2, 1}, at::kLong); }

Config MakeConfig(Config::Source source, Config::NoisyLayer noisy_layer) {
  Config config;
  config.set_source(source);
  config.set_noise_size(6);
  config.set_noisy_layer(noisy_layer);
  config.set_noisy_layer_size(10);
  return config;
}

absl::StatusOr<std::unique_ptr<GeneratorInput>> Create(const Config& config,
                                                       const at::Tensor& rows) {
  GeneratorInputContext context;
  context.rows = rows;
  context.num_classes = 3;
  context.batch_size = 7;
  return GeneratorInput::Create(config, context, "method.input");
}

std::unique_ptr<GeneratorInput> Make(const Config& config) {
  auto input = Create(config, Rows());
  EXPECT_OK(input);
  return std::move(input).value();
}

TEST(GeneratorInputTest, RowsPassABatchNormOverTheBatch) {
  const Golden golden("dfkd/generators/testdata/generators.safetensors");
  const auto input = Make(MakeConfig(Config::ROWS, Config::NO_NOISY_LAYER));
  EXPECT_EQ(input->output_size(), 4);
  EXPECT_LT(MaxDifference(input->Forward(Labels()), golden["input.batch_norm"]), 1e-5);
  // Trainable: the norm's weight and bias.
  EXPECT_EQ(input->Parameters().size(), 2u);
}

TEST(GeneratorInputTest, StandardizedRowsDependOnNoBatchAndHaveNoParameters) {
  const Golden golden("dfkd/generators/testdata/generators.safetensors");
  Config config = MakeConfig(Config::ROWS, Config::NO_NOISY_LAYER);
  config.set_row_normalization(Config::STANDARDIZED);
  const auto input = Make(config);
  EXPECT_LT(MaxDifference(input->Forward(Labels()), golden["input.standardized"]), 1e-5);
  EXPECT_LT(MaxDifference(input->Forward(at::tensor({1}, at::kLong)),
                          golden["input.standardized"].narrow(0, 1, 1)),
            1e-5);
  EXPECT_TRUE(input->Parameters().empty());
}

TEST(GeneratorInputTest, RawRowsAreTheEncodersOwn) {
  Config config = MakeConfig(Config::ROWS, Config::NO_NOISY_LAYER);
  config.set_row_normalization(Config::RAW);
  EXPECT_LT(MaxDifference(Make(config)->Forward(Labels()), Rows().index_select(0, Labels())), 1e-7);
}

TEST(GeneratorInputTest, NoiseIsHeldUntilTheNextRedraw) {
  RandomStream noise(0, "noise");
  const auto input = Make(MakeConfig(Config::NOISE, Config::NO_NOISY_LAYER));
  EXPECT_EQ(input->output_size(), 6);
  input->Redraw(noise);
  const at::Tensor first = input->Forward(Labels()).clone();
  EXPECT_EQ(first.sizes(), (at::IntArrayRef{7, 6}));
  EXPECT_TRUE(first.equal(input->Forward(Labels())));
  input->Redraw(noise);
  EXPECT_FALSE(first.equal(input->Forward(Labels())));
}

TEST(GeneratorInputTest, NoiseNeedsNoRows) {
  const Config config = MakeConfig(Config::NOISE, Config::K_TO_ONE);
  EXPECT_FALSE(GeneratorInput::UsesRows(config));
  EXPECT_OK(Create(config, at::Tensor()));
}

TEST(GeneratorInputTest, SumAndConcatenationJoinRowsAndNoise) {
  RandomStream noise(0, "noise");
  Config config = MakeConfig(Config::SUM, Config::NO_NOISY_LAYER);
  config.set_row_normalization(Config::RAW);
  const at::Tensor rows = Rows().index_select(0, Labels());
  const auto sum = Make(config);
  EXPECT_EQ(sum->output_size(), 4);
  EXPECT_LT(MaxDifference(sum->Forward(Labels()), rows), 1e-7);  // Z is zero before a draw
  sum->Redraw(noise);
  EXPECT_GT(MaxDifference(sum->Forward(Labels()), rows), 0.1);
  config.set_source(Config::CONCAT);
  const auto both = Make(config);
  both->Redraw(noise);
  EXPECT_EQ(both->output_size(), 4 + 6);
  const at::Tensor x = both->Forward(Labels());
  EXPECT_LT(MaxDifference(x.narrow(1, 0, 4), rows), 1e-7);
  EXPECT_GT(x.narrow(1, 4, 6).std().item<double>(), 0.5);
}

TEST(GeneratorInputTest, NoisyLayersAreOneForEachKImagesOrOneForEachImage) {
  const auto k_to_one = Make(MakeConfig(Config::ROWS, Config::K_TO_ONE));
  EXPECT_EQ(k_to_one->output_size(), 10);
  // norm.weight, norm.bias, noisy.weight, noisy.bias; ceil(7 / 3) = 3 layers.
  EXPECT_EQ(k_to_one->Parameters()[2].sizes(), (at::IntArrayRef{3, 10, 4}));
  const auto one_to_one = Make(MakeConfig(Config::ROWS, Config::ONE_TO_ONE));
  EXPECT_EQ(one_to_one->Parameters()[2].sizes(), (at::IntArrayRef{7, 10, 4}));
}

TEST(GeneratorInputTest, OneClassDiffersBetweenChunksThroughTheNoisyLayersAlone) {
  RandomStream noise(0, "noise");
  const auto input = Make(MakeConfig(Config::ROWS, Config::K_TO_ONE));
  input->Redraw(noise);
  const at::Tensor x = input->Forward(Labels());
  // Class 0 stands in rows 0 and 3, which go through layers 0 and 1.
  EXPECT_GT(MaxDifference(x[0], x[3]), 0.1);
  x.square().sum().backward();
  for (const NamedTensor& p : input->NamedParameters()) {
    EXPECT_GT(p.tensor.grad().abs().max().item<double>(), 0) << p.name;
  }
}

TEST(GeneratorInputTest, NoisyLayersThatAreDrawnOnceStayUntilTheGeneratorIsBuiltAnew) {
  RandomStream noise(0, "noise");
  Config config = MakeConfig(Config::CONCAT, Config::K_TO_ONE);
  config.set_noisy_layer_drawn(Config::EACH_GENERATOR);
  const auto input = Make(config);
  input->Redraw(noise);
  // norm.weight, norm.bias, noisy.weight, noisy.bias.
  const at::Tensor weight = input->Parameters()[2].detach().clone();
  const at::Tensor x = input->Forward(Labels()).detach();
  EXPECT_GT(weight.std().item<double>(), 0.5);
  input->Redraw(noise);
  EXPECT_EQ(MaxDifference(input->Parameters()[2], weight), 0);
  EXPECT_GT(MaxDifference(input->Forward(Labels()), x), 0.1);  // Z is another one
  const auto built_anew = Make(config);
  built_anew->Redraw(noise);
  EXPECT_GT(MaxDifference(built_anew->Parameters()[2], weight), 0.1);
}

TEST(GeneratorInputTest, NoisyLayersThatAreDrawnEachEpochStayUntilTheNext) {
  RandomStream noise(0, "noise");
  Config config = MakeConfig(Config::ROWS, Config::K_TO_ONE);
  config.set_noisy_layer_drawn(Config::EACH_EPOCH);
  const auto input = Make(config);
  std::vector<at::Tensor> weights;
  for (int batch = 0; batch < 4; ++batch) {
    if (batch % 2 == 0) input->BeginEpoch();
    input->Redraw(noise);
    weights.push_back(input->noisy_weight().detach().clone());
  }
  EXPECT_GT(weights[0].std().item<double>(), 0.5);
  EXPECT_EQ(MaxDifference(weights[0], weights[1]), 0);
  EXPECT_GT(MaxDifference(weights[1], weights[2]), 0.1);
  EXPECT_EQ(MaxDifference(weights[2], weights[3]), 0);
}

TEST(GeneratorInputTest, RefusesRowsThatAreNotOnePerClass) {
  EXPECT_THAT(Create(MakeConfig(Config::ROWS, Config::K_TO_ONE), Rows().narrow(0, 0, 2)),
              StatusMessageIs("method.input: the encoder gave 2 rows; must be one per class (3)"));
}

TEST(GeneratorInputTest, RefusesABatchOfOneUnderBatchNorm) {
  GeneratorInputContext context;
  context.rows = Rows();
  context.num_classes = 3;
  context.batch_size = 1;
  EXPECT_THAT(
      GeneratorInput::Create(MakeConfig(Config::ROWS, Config::K_TO_ONE), context, "method.input"),
      StatusMessageIs("method.input.row_normalization is BATCH_NORM with a batch of 1; must "
                      "be at least 2 images"));
}

}  // namespace
}  // namespace dfkd
