#include <ATen/TensorOperators.h>
#include <ATen/ops/clamp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/testing.h"
#include "dfkd/generators/deep_generator.pb.h"
#include "dfkd/generators/generator.h"
#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

constexpr char kTestData[] = "dfkd/generators/testdata/";

absl::StatusOr<std::unique_ptr<Generator>> Create(const DeepGeneratorConfig& config,
                                                  GeneratorContext context) {
  RandomStream init(0, "init");
  context.init = &init;
  google::protobuf::Any any;
  any.PackFrom(config);
  return Registry<Generator>::Get().Create(any, context, "method.generator");
}

std::unique_ptr<Generator> Make(DeepGeneratorConfig::Layout layout, int64_t height, int64_t width,
                                int channels = 8) {
  DeepGeneratorConfig config;
  config.set_channels(channels);
  config.set_layout(layout);
  GeneratorContext context;
  context.input_size = 6;
  context.height = height;
  context.width = width;
  auto generator = Create(config, context);
  EXPECT_OK(generator);
  return std::move(generator).value();
}

at::Tensor Latent() { return DeterministicTensor({4, 6}, 1, -2.0, 2.0); }

// Every seventh row and fifth column, as the goldens hold them.
at::Tensor Thinned(const at::Tensor& images) {
  return images.slice(2, 0, images.size(2), 7).slice(3, 0, images.size(3), 5);
}

void ExpectNames(const Generator& generator, const std::string& name) {
  ASSERT_OK_AND_ASSIGN(const std::string names, ReadFile(absl::StrCat(kTestData, name, ".txt")));
  EXPECT_EQ(NamesAndShapes(generator), names);
}

TEST(DeepGeneratorTest, OfficialLayoutIsTheReleasedCodes) {
  const Golden golden(absl::StrCat(kTestData, "generators.safetensors"));
  const auto generator = Make(DeepGeneratorConfig::OFFICIAL, 48, 48);
  ExpectNames(*generator, "deep_official");
  FillDeterministically(*generator);
  const at::Tensor images = generator->Forward(Latent());
  EXPECT_EQ(images.sizes(), (at::IntArrayRef{4, 3, 48, 48}));
  EXPECT_LT(MaxDifference(Thinned(images), golden["deep_official.thinned"]), 1e-5);
}

TEST(DeepGeneratorTest, PaperLayoutIsTableFiveReadAsDeviationsFromGrey) {
  const Golden golden(absl::StrCat(kTestData, "generators.safetensors"));
  const auto generator = Make(DeepGeneratorConfig::PAPER, 48, 48);
  ExpectNames(*generator, "deep_paper");
  FillDeterministically(*generator);
  const at::Tensor expected = at::clamp(0.5 + 0.25 * golden["deep_paper.thinned"], 0, 1);
  EXPECT_LT(MaxDifference(Thinned(generator->Forward(Latent())), expected), 2e-5);
}

TEST(DeepGeneratorTest, ChannelsLastGivesTheSameImages) {
  for (const auto layout : {DeepGeneratorConfig::OFFICIAL, DeepGeneratorConfig::PAPER}) {
    const auto a = Make(layout, 32, 32);
    const auto b = Make(layout, 32, 32);
    b->ToChannelsLast();
    EXPECT_LT(MaxDifference(a->Forward(Latent()), b->Forward(Latent())), 2e-5);
  }
}

TEST(DeepGeneratorTest, MakesImagesOfAnySizeInTheUnitInterval) {
  for (const auto layout : {DeepGeneratorConfig::OFFICIAL, DeepGeneratorConfig::PAPER}) {
    const at::Tensor images = Make(layout, 97, 10, 4)->Forward(Latent());
    EXPECT_EQ(images.sizes(), (at::IntArrayRef{4, 3, 97, 10}));
    EXPECT_GE(images.min().item<double>(), 0.0);
    EXPECT_LE(images.max().item<double>(), 1.0);
  }
}

TEST(DeepGeneratorTest, AnOddSizeIsTheCentreOfTheNextLargerImage) {
  // 40 = 48 - 8 rows: four cut off on each side; both start from 3 x 3 maps.
  const auto whole = Make(DeepGeneratorConfig::OFFICIAL, 48, 48);
  const auto cropped = Make(DeepGeneratorConfig::OFFICIAL, 40, 40);
  const at::Tensor expected = whole->Forward(Latent()).narrow(2, 4, 40).narrow(3, 4, 40);
  EXPECT_LT(MaxDifference(cropped->Forward(Latent()), expected), 1e-6);
}

TEST(DeepGeneratorTest, EveryParameterAndTheLatentGetAGradient) {
  for (const auto layout : {DeepGeneratorConfig::OFFICIAL, DeepGeneratorConfig::PAPER}) {
    const auto generator = Make(layout, 32, 32);
    FillDeterministically(*generator);
    const at::Tensor latent = Latent().requires_grad_();
    const at::Tensor images = generator->Forward(latent);
    (images * DeterministicTensor(images.sizes(), 9)).sum().backward();
    EXPECT_GT(latent.grad().abs().max().item<double>(), 0);
    for (const NamedTensor& p : generator->NamedParameters()) {
      // A bias in front of a BatchNorm has none but rounding errors.
      if (layout == DeepGeneratorConfig::PAPER && p.name == "l1.0.bias") continue;
      ASSERT_TRUE(p.tensor.grad().defined()) << p.name;
      EXPECT_GT(p.tensor.grad().abs().max().item<double>(), 0) << p.name;
    }
  }
}

TEST(DeepGeneratorTest, RefusesAnOddNumberOfChannels) {
  DeepGeneratorConfig config;
  config.set_channels(7);
  EXPECT_THAT(Create(config, GeneratorContext{}),
              StatusMessageIs("method.generator.DeepGeneratorConfig: channels is 7; must be even, "
                              "as the later convolutions have half of them"));
}

}  // namespace
}  // namespace dfkd
