#include <ATen/TensorOperators.h>
#include <ATen/ops/clamp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "dfkd/augmentations/normalizer.h"
#include "dfkd/core/files.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/testing.h"
#include "dfkd/generators/conv_generator.pb.h"
#include "dfkd/generators/generator.h"
#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

constexpr char kTestData[] = "dfkd/generators/testdata/";

absl::StatusOr<std::unique_ptr<Generator>> Create(const ConvGeneratorConfig& config,
                                                  GeneratorContext context) {
  RandomStream init(0, "init");
  context.init = &init;
  google::protobuf::Any any;
  any.PackFrom(config);
  return Registry<Generator>::Get().Create(any, context, "method.generator");
}

std::unique_ptr<Generator> Make(const ConvGeneratorConfig& config,
                                const GeneratorContext& context) {
  auto generator = Create(config, context);
  EXPECT_OK(generator);
  return std::move(generator).value();
}

ConvGeneratorConfig Config(int channels, ConvGeneratorConfig::Layout layout) {
  ConvGeneratorConfig config;
  config.set_channels(channels);
  config.set_layout(layout);
  return config;
}

GeneratorContext Context(int64_t size, int64_t channels) {
  GeneratorContext context;
  context.input_size = 6;
  context.height = context.width = size;
  context.channels = channels;
  return context;
}

at::Tensor Latent() { return DeterministicTensor({4, 6}, 1, -2.0, 2.0); }

void ExpectNames(const Generator& generator, const std::string& name) {
  ASSERT_OK_AND_ASSIGN(const std::string names, ReadFile(absl::StrCat(kTestData, name, ".txt")));
  EXPECT_EQ(NamesAndShapes(generator), names);
}

TEST(ConvGeneratorTest, OfficialLayoutIsThePublicCodes) {
  const Golden golden(absl::StrCat(kTestData, "generators.safetensors"));
  const auto generator = Make(Config(8, ConvGeneratorConfig::OFFICIAL), Context(12, 3));
  ExpectNames(*generator, "official");
  FillDeterministically(*generator);
  EXPECT_LT(MaxDifference(generator->Forward(Latent()), golden["official.images"]), 1e-5);
}

TEST(ConvGeneratorTest, OfficialLayoutIsThePublicCodesAt64Pixels) {
  const Golden golden(absl::StrCat(kTestData, "generators.safetensors"));
  const auto generator = Make(Config(8, ConvGeneratorConfig::OFFICIAL), Context(64, 3));
  FillDeterministically(*generator);
  const at::Tensor images = generator->Forward(Latent());
  ASSERT_EQ(images.sizes(), (at::IntArrayRef{4, 3, 64, 64}));
  // The golden holds every seventh row and fifth column.
  EXPECT_LT(
      MaxDifference(images.slice(2, 0, 64, 7).slice(3, 0, 64, 5), golden["official64.thinned"]),
      1e-5);
}

TEST(ConvGeneratorTest, AWiderStartIsThePublicLargeGenerator) {
  const Golden golden(absl::StrCat(kTestData, "generators.safetensors"));
  ConvGeneratorConfig config = Config(8, ConvGeneratorConfig::OFFICIAL);
  config.set_start_channels(16);
  const auto generator = Make(config, Context(8, 1));
  ExpectNames(*generator, "large");
  FillDeterministically(*generator);
  EXPECT_LT(MaxDifference(generator->Forward(Latent()), golden["large.images"]), 1e-5);
}

TEST(ConvGeneratorTest, PaperLayoutIsTableFourReadAsDeviationsFromGrey) {
  const Golden golden(absl::StrCat(kTestData, "generators.safetensors"));
  const auto generator = Make(Config(8, ConvGeneratorConfig::PAPER), Context(12, 3));
  ExpectNames(*generator, "paper");
  FillDeterministically(*generator);
  const at::Tensor expected = at::clamp(0.5 + 0.25 * golden["paper.images"], 0, 1);
  EXPECT_LT(MaxDifference(generator->Forward(Latent()), expected), 1e-5);
}

TEST(ConvGeneratorTest, DfadLayoutMakesTheTeachersInputAsThePublicCode) {
  const Golden golden(absl::StrCat(kTestData, "generators.safetensors"));
  GeneratorContext context = Context(12, 3);
  for (const double mean : {0.5, 0.4, 0.3}) context.normalization.add_mean(mean);
  for (const double std : {0.2, 0.3, 0.1}) context.normalization.add_std(std);
  const auto generator = Make(Config(8, ConvGeneratorConfig::DFAD), context);
  ExpectNames(*generator, "dfad");
  FillDeterministically(*generator);
  ASSERT_OK_AND_ASSIGN(const Normalizer door,
                       Normalizer::Create(context.normalization, 3, at::kCPU));
  const at::Tensor images = generator->Forward(Latent());
  EXPECT_LT(MaxDifference(door.Apply(images), golden["dfad.images"]), 1e-5);
  // Normalised to variance 1 and not cut: beyond the range of images.
  EXPECT_TRUE(images.min().item<double>() < 0 || images.max().item<double>() > 1);
}

TEST(ConvGeneratorTest, DfadLayoutWantsTheTeachersNormalization) {
  EXPECT_THAT(Create(Config(8, ConvGeneratorConfig::DFAD), Context(8, 3)),
              StatusMessageHas("normalization has 0 means and 0 deviations"));
}

TEST(ConvGeneratorTest, ChannelsLastGivesTheSameImages) {
  for (const auto layout : {ConvGeneratorConfig::OFFICIAL, ConvGeneratorConfig::PAPER}) {
    const auto a = Make(Config(8, layout), Context(12, 3));
    const auto b = Make(Config(8, layout), Context(12, 3));
    b->ToChannelsLast();
    EXPECT_LT(MaxDifference(a->Forward(Latent()), b->Forward(Latent())), 1e-5);
  }
}

TEST(ConvGeneratorTest, MakesImagesOfAnySizeInTheUnitInterval) {
  for (const auto layout : {ConvGeneratorConfig::OFFICIAL, ConvGeneratorConfig::PAPER}) {
    GeneratorContext context = Context(0, 3);
    context.height = 49;
    context.width = 10;
    const auto generator = Make(Config(4, layout), context);
    const at::Tensor images = generator->Forward(Latent());
    EXPECT_EQ(images.sizes(), (at::IntArrayRef{4, 3, 49, 10}));
    EXPECT_GE(images.min().item<double>(), 0.0);
    EXPECT_LE(images.max().item<double>(), 1.0);
  }
}

TEST(ConvGeneratorTest, AnOddSizeIsTheCentreOfTheNextLargerImage) {
  // 10 = 12 - 2 rows: one cut off on each side; both start from 3 x 3 maps.
  const auto whole = Make(Config(4, ConvGeneratorConfig::OFFICIAL), Context(12, 3));
  const auto cropped = Make(Config(4, ConvGeneratorConfig::OFFICIAL), Context(10, 3));
  const at::Tensor expected = whole->Forward(Latent()).narrow(2, 1, 10).narrow(3, 1, 10);
  EXPECT_LT(MaxDifference(cropped->Forward(Latent()), expected), 1e-6);
}

TEST(ConvGeneratorTest, EveryParameterAndTheLatentGetAGradient) {
  for (const auto layout : {ConvGeneratorConfig::OFFICIAL, ConvGeneratorConfig::PAPER}) {
    const auto generator = Make(Config(4, layout), Context(8, 3));
    FillDeterministically(*generator);
    const at::Tensor latent = Latent().requires_grad_();
    const at::Tensor images = generator->Forward(latent);
    (images * DeterministicTensor(images.sizes(), 9)).sum().backward();
    EXPECT_GT(latent.grad().abs().max().item<double>(), 0);
    for (const NamedTensor& p : generator->NamedParameters()) {
      // A bias in front of a BatchNorm has none but rounding errors.
      if (layout == ConvGeneratorConfig::PAPER && p.name == "l1.0.bias") continue;
      ASSERT_TRUE(p.tensor.grad().defined()) << p.name;
      EXPECT_GT(p.tensor.grad().abs().max().item<double>(), 0) << p.name;
    }
  }
}

TEST(ConvGeneratorTest, RefusesAnOddNumberOfChannels) {
  EXPECT_THAT(Create(Config(7, ConvGeneratorConfig::OFFICIAL), Context(8, 3)),
              StatusMessageIs("method.generator.ConvGeneratorConfig: channels is 7; must be even, "
                              "as the second convolution has half of them"));
}

}  // namespace
}  // namespace dfkd
