#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dfkd/augmentations/normalizer.h"
#include "dfkd/core/files.h"
#include "dfkd/core/registry.h"
#include "dfkd/core/testing.h"
#include "dfkd/generators/dcgan_generator.pb.h"
#include "dfkd/generators/generator.h"
#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"

namespace dfkd {
namespace {

constexpr char kTestData[] = "dfkd/generators/testdata/";

std::unique_ptr<Generator> Make(int64_t height, int64_t width, int channels = 4,
                                int64_t input_size = 6) {
  DcganGeneratorConfig config;
  config.set_channels(channels);
  google::protobuf::Any any;
  any.PackFrom(config);
  RandomStream init(0, "init");
  GeneratorContext context;
  context.input_size = input_size;
  context.height = height;
  context.width = width;
  context.init = &init;
  auto generator = Registry<Generator>::Get().Create(any, context, "method.generator");
  EXPECT_OK(generator);
  return std::move(generator).value();
}

at::Tensor Latent() { return DeterministicTensor({4, 6}, 1, -2.0, 2.0); }

// Every seventh row and fifth column, as the golden holds them.
at::Tensor Thinned(const at::Tensor& images) {
  return images.slice(2, 0, images.size(2), 7).slice(3, 0, images.size(3), 5);
}

std::map<std::string, at::Tensor> State(const Generator& generator) {
  std::map<std::string, at::Tensor> state;
  for (const NamedTensor& named : generator.NamedState()) state[named.name] = named.tensor;
  return state;
}

TEST(DcganGeneratorTest, ImagesGradientsAndStatisticsAreThoseOfPyTorch) {
  const Golden golden(absl::StrCat(kTestData, "dcgan.safetensors"));
  ASSERT_OK_AND_ASSIGN(const std::string names, ReadFile(absl::StrCat(kTestData, "dcgan.txt")));
  for (const bool channels_last : {false, true}) {
    SCOPED_TRACE(channels_last);
    const auto generator = Make(32, 48);
    EXPECT_EQ(NamesAndShapes(*generator), names);
    FillDeterministically(*generator);
    if (channels_last) generator->ToChannelsLast();
    const at::Tensor latent = Latent().requires_grad_();
    const at::Tensor images = generator->Forward(latent);
    ASSERT_EQ(images.sizes(), (at::IntArrayRef{4, 3, 32, 48}));
    EXPECT_LT(MaxDifference(Thinned(images), golden["images.thinned"]), 1e-5);
    (images * DeterministicTensor(images.sizes(), 9)).sum().backward();
    EXPECT_LT(MaxDifference(latent.grad(), golden["latent.grad"]), 1e-3);
    const auto state = State(*generator);
    for (const char* weight : {"main.7.weight", "main.10.weight", "main.13.weight"}) {
      const at::Tensor& expected = golden[absl::StrCat(weight, ".grad")];
      const double scale = expected.abs().max().item<double>();
      EXPECT_LT(MaxDifference(state.at(weight).grad(), expected), 1e-4 * scale) << weight;
    }
    for (const char* buffer : {"main.0.running_mean", "main.11.running_var"}) {
      EXPECT_LT(MaxDifference(state.at(buffer), golden[buffer]), 1e-5) << buffer;
    }
  }
}

// DFAD's code shows the tanh itself to a teacher that normalises so.
TEST(DcganGeneratorTest, ATeacherThatNormalisesWithOneHalfSeesTheTanh) {
  const Golden golden(absl::StrCat(kTestData, "dcgan.safetensors"));
  Normalization normalization;
  for (int c = 0; c < 3; ++c) {
    normalization.add_mean(0.5);
    normalization.add_std(0.5);
  }
  ASSERT_OK_AND_ASSIGN(const Normalizer door, Normalizer::Create(normalization, 3, at::kCPU));
  const auto generator = Make(32, 48);
  FillDeterministically(*generator);
  const at::Tensor seen = door.Apply(generator->Forward(Latent()));
  EXPECT_LT(MaxDifference(Thinned(seen), golden["tanh.thinned"]), 1e-5);
}

// An 8 x 8 start: the released sizes, of 8 C channels for a latent of 256.
TEST(DcganGeneratorTest, ShapesAreTheReleasedCodesAt128Pixels) {
  const auto state = State(*Make(128, 128, 64, 256));
  EXPECT_EQ(state.at("project.1.weight").sizes(), (at::IntArrayRef{512 * 8 * 8, 256}));
  EXPECT_EQ(state.at("main.0.weight").sizes(), (at::IntArrayRef{512}));
  EXPECT_EQ(state.at("main.1.weight").sizes(), (at::IntArrayRef{512, 256, 4, 4}));
  EXPECT_EQ(state.at("main.4.weight").sizes(), (at::IntArrayRef{256, 128, 4, 4}));
  EXPECT_EQ(state.at("main.7.weight").sizes(), (at::IntArrayRef{128, 64, 4, 4}));
  EXPECT_EQ(state.at("main.10.weight").sizes(), (at::IntArrayRef{64, 64, 4, 4}));
  EXPECT_EQ(state.at("main.13.weight").sizes(), (at::IntArrayRef{3, 64, 3, 3}));
  EXPECT_FALSE(state.contains("main.1.bias"));
}

// Of n draws from N(m, s), the mean deviates by s / sqrt(n), the deviation by s / sqrt(2 n): five
// of either are allowed.
TEST(DcganGeneratorTest, WeightsStartAsDcgansDo) {
  for (const auto& [name, tensor] : State(*Make(32, 32, 16, 32))) {
    const at::Tensor values = tensor.detach();
    if (absl::EndsWith(name, ".bias")) {
      EXPECT_EQ(values.abs().max().item<double>(), 0) << name;
      continue;
    }
    if (!absl::EndsWith(name, ".weight")) continue;
    const double n = static_cast<double>(values.numel());
    const double mean = values.dim() > 1 ? 0.0 : 1.0;
    EXPECT_NEAR(values.mean().item<double>(), mean, 5 * 0.02 / std::sqrt(n)) << name;
    EXPECT_NEAR(values.std().item<double>(), 0.02, 5 * 0.02 / std::sqrt(2 * n)) << name;
  }
}

TEST(DcganGeneratorTest, MakesImagesOfAnySizeInTheUnitInterval) {
  const at::Tensor images = Make(97, 10)->Forward(Latent());
  EXPECT_EQ(images.sizes(), (at::IntArrayRef{4, 3, 97, 10}));
  EXPECT_GE(images.min().item<double>(), 0.0);
  EXPECT_LE(images.max().item<double>(), 1.0);
}

TEST(DcganGeneratorTest, AnOddSizeIsTheCentreOfTheNextLargerImage) {
  // 40 = 48 - 8 rows: four cut off on each side; both start from 3 x 3 maps.
  const at::Tensor expected = Make(48, 48)->Forward(Latent()).narrow(2, 4, 40).narrow(3, 4, 40);
  EXPECT_LT(MaxDifference(Make(40, 40)->Forward(Latent()), expected), 1e-6);
}

TEST(DcganGeneratorTest, EveryParameterAndTheLatentGetAGradient) {
  const auto generator = Make(32, 32);
  const at::Tensor latent = Latent().requires_grad_();
  const at::Tensor images = generator->Forward(latent);
  (images * DeterministicTensor(images.sizes(), 9)).sum().backward();
  EXPECT_GT(latent.grad().abs().max().item<double>(), 0);
  for (const NamedTensor& p : generator->NamedParameters()) {
    ASSERT_TRUE(p.tensor.grad().defined()) << p.name;
    EXPECT_GT(p.tensor.grad().abs().max().item<double>(), 0) << p.name;
  }
}

}  // namespace
}  // namespace dfkd
