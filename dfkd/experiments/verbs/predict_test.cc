#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/testing.h"
#include "dfkd/experiments/testing/program.h"
#include "dfkd/experiments/testing/stranger_weights.h"
#include "dfkd/images/image_forge.h"
#include "dfkd/inference/class_ranking.h"
#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/testing/golden.h"
#include "dfkd/weights/weights.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

using ::testing::HasSubstr;

constexpr char kGolden[] = "dfkd/models/testdata/models.safetensors";

// The images of the goldens.
std::string WriteImages(const std::string& name, int64_t height = 32, int64_t width = 32) {
  return WriteAsSafetensors(name, {{"x", DeterministicTensor({2, 3, height, width}, 1)}});
}

std::vector<std::string> Predict(const std::string& model, int64_t classes,
                                 const std::string& weights, const std::string& input) {
  return {"predict",
          "--model=" + model,
          absl::StrCat("--num_classes=", classes),
          "--weights=" + weights,
          "--input=" + input,
          "--output=y.safetensors"};
}

std::map<std::string, at::Tensor> Output() {
  std::map<std::string, at::Tensor> tensors;
  const auto file = ReadWeights(InTempDir("y.safetensors"));
  EXPECT_OK(file);
  for (const NamedTensor& named : file->tensors) tensors[named.name] = named.tensor;
  return tensors;
}

void ExpectNear(const at::Tensor& actual, const at::Tensor& expected) {
  EXPECT_LT(MaxDifference(actual, expected), 1e-4 * expected.abs().max().item<double>());
}

TEST(PredictTest, LogitsAreThePublicCodesFromEveryKindOfFile) {
  const Golden golden(kGolden);
  const std::vector<NamedTensor> state = DeterministicState("wrn16_1", 10);
  const std::string input = WriteImages("x.safetensors");
  for (const std::string& weights :
       {WriteAsSafetensors("w.safetensors", state), WriteAsZip("zip.pth", state),
        WriteAsLegacy("legacy.pth", state)}) {
    const Outcome outcome = Dfkd(Predict("wrn16_1", 10, weights, input));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
    EXPECT_EQ(outcome.output,
              "y.safetensors: logits [2, 10], embedding [2, 64], feature_map [2, 64, 8, 8]\n");
    const auto output = Output();
    ExpectNear(output.at("logits"), golden["wrn16_1.32x32.logits"]);
    ExpectNear(output.at("embedding"), golden["wrn16_1.32x32.embedding"]);
    ExpectNear(output.at("feature_map").mean({2, 3}), golden["wrn16_1.32x32.embedding"]);
  }
}

TEST(PredictTest, OtherNetworksAndSizes) {
  const Golden golden(kGolden);
  const std::string odd = WriteImages("odd.safetensors", 20, 13);
  const std::string resnet = WriteAsZip("r.pth", DeterministicState("cifar_resnet18", 10));
  std::vector<std::string> words = Predict("cifar_resnet18", 10, resnet, odd);
  words.push_back("--tensors=logits");
  const Outcome outcome = Dfkd(words);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_EQ(Output().size(), 1);
  ExpectNear(Output().at("logits"), golden["cifar_resnet18.20x13.logits"]);
}

TEST(PredictTest, FilesWithTorchvisionsNamesAreKnownAndGiveItsLogits) {
  const Golden golden("dfkd/models/testdata/torchvision.safetensors");
  const std::string photos = WriteImages("photos.safetensors", 75, 50);
  for (const std::string& name : std::vector<std::string>{"resnet18", "mobilenet_v2"}) {
    const std::string weights = WriteAsZip(name + ".pth", DeterministicState(name, 10));
    EXPECT_THAT(Dfkd({"inspect", weights}).output,
                HasSubstr("\nfits the model preset " + name + " with 10 classes and 3 channels\n"));
    const Outcome outcome = Dfkd(Predict(name, 10, weights, photos));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
    ExpectNear(Output().at("logits"), golden[name + ".75x50.logits"]);
  }
}

TEST(PredictTest, BatchesChangeNothingButRounding) {
  const Golden golden(kGolden);
  const std::string weights = WriteAsZip("zip.pth", DeterministicState("wrn16_1", 10));
  std::vector<std::string> words = Predict("wrn16_1", 10, weights, WriteImages("x.safetensors"));
  words.push_back("--batch_size=1");
  const Outcome outcome = Dfkd(words);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_THAT(outcome.error, HasSubstr("2/2 images"));
  ExpectNear(Output().at("logits"), golden["wrn16_1.32x32.logits"]);
}

TEST(PredictTest, TheCardOfTheWeightsCounts) {
  const std::string card = "class_name: 'a' class_name: 'b' class_name: 'c' channels: 3";
  const std::string weights = WriteAsSafetensors(
      "carded.safetensors", DeterministicState("wrn10_1_thin", 3), {{"dfkd.card", card}});
  const std::string input = WriteImages("x.safetensors");
  const Outcome outcome = Dfkd({"predict", "--model=wrn10_1_thin", "--weights=" + weights,
                                "--input=" + input, "--output=y.safetensors"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
  ExpectRefused(Predict("wrn10_1_thin", 10, weights, input),
                "--num_classes=10, but the card in carded.safetensors names 3 classes");
  const std::string grey =
      WriteAsSafetensors("grey.safetensors", {{"x", DeterministicTensor({1, 1, 8, 8}, 1)}});
  ExpectRefused(Predict("wrn10_1_thin", 3, weights, grey),
                "grey.safetensors: tensor \"x\" has 1 channels, but the card in carded.safetensors "
                "says 3",
                3);
}

TEST(PredictTest, AHostileCardIsABadFile) {
  const std::string weights =
      WriteAsSafetensors("hostile.safetensors", DeterministicState("wrn10_1_thin", 3),
                         {{"dfkd.card", "class_name: ['a', 'b', 'c'] height: 0 width: 8"}});
  ExpectRefused({"predict", "--model=wrn10_1_thin", "--weights=" + weights, "--images=photos",
                 "--output=classes.csv"},
                "hostile.safetensors: metadata dfkd.card.height is 0; must be in [1, 4096]", 3);
}

constexpr char kSevenCard[] =
    "class_name: 'a' class_name: 'b, or not b' class_name: 'c' class_name: 'd' class_name: 'e' "
    "class_name: 'f' class_name: 'g' normalization { mean: 0.5 mean: 0.5 mean: 0.5 std: 0.25 std: "
    "0.25 std: 0.25 } height: 8 width: 8 channels: 3";

// Writes photos/a.png and photos/more/b.png and returns them as a normalised batch.
at::Tensor WritePhotos() {
  CHECK(FileSystem::Posix()->CreateDirectories(InTempDir("photos/more")).ok());
  at::Tensor pixels = at::empty({2, 3, 8, 8});
  float* out = pixels.mutable_data_ptr<float>();
  int64_t i = 0;
  for (const char* name : {"photos/a.png", "photos/more/b.png"}) {
    Image image(3, 8, 8);
    for (uint8_t& byte : image.pixels) {
      byte = static_cast<uint8_t>(i * 37 % 256);
      out[i++] = static_cast<float>(byte) / 255;
    }
    WriteText(name, ForgePng(image));
  }
  return pixels * 4 - 2;  // (x - 1/2) / (1/4)
}

TEST(PredictTest, PicturesAreRankedByTheLogitsOfTheirPixels) {
  const std::string weights = WriteAsSafetensors(
      "seven.safetensors", DeterministicState("wrn10_1_thin", 7), {{"dfkd.card", kSevenCard}});
  const std::string input = WriteAsSafetensors("photos.safetensors", {{"x", WritePhotos()}});
  WriteText("photos/notes.txt", "no picture");
  ASSERT_EQ(Dfkd(Predict("wrn10_1_thin", 7, weights, input)).exit_code, 0);
  const Outcome outcome = Dfkd({"predict", "--model=wrn10_1_thin", "--weights=" + weights,
                                "--images=photos", "--resize=exact", "--output=classes.csv"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_EQ(outcome.output, "classes.csv: 2 images\n");
  ASSERT_OK_AND_ASSIGN(const std::string table, ReadFile(InTempDir("classes.csv")));
  EXPECT_EQ(table, RankingHeader(7) + RankingRows({"a.png", "more/b.png"}, Output().at("logits"),
                                                  {"a", "b, or not b", "c", "d", "e", "f", "g"}));
}

TEST(PredictTest, ATableHoldsAsManyRanksAsThereAreClasses) {
  // exp(0) : exp(log 3) = 1 : 3.
  EXPECT_EQ(
      RankingHeader(2) + RankingRows({"x, y.png"}, at::tensor({0.0f, std::log(3.0f)}).view({1, 2}),
                                     {"cat", "dog"}),
      "file,rank1_class,rank1_probability,rank2_class,rank2_probability\r\n"
      "\"x, y.png\",dog,0.750000,cat,0.250000\r\n");
}

TEST(PredictTest, PicturesNeedACard) {
  WritePhotos();
  const std::string bare = WriteAsZip("bare.pth", DeterministicState("wrn10_1_thin", 7));
  std::vector<std::string> words = {"predict", "--model=wrn10_1_thin", "--weights=" + bare,
                                    "--images=photos", "--output=classes.csv"};
  ExpectRefused(words,
                "nothing says what the teacher was trained on: class_name, normalization, height, "
                "width, channels missing. Give --card=FILE, or weights that carry a card.");
  words.push_back("--card=" + WriteText("card.textproto", kSevenCard));
  EXPECT_EQ(Dfkd(words).exit_code, 0);
  words.push_back("--num_classes=8");
  ExpectRefused(words, "--num_classes=8, but the card names 7 classes");
  words.back() = "--resize=stretch";
  ExpectRefused(words, "--resize=stretch; must be crop, squash or exact");
  words.back() = "--shorter_side=7";
  ExpectRefused(words, "--shorter_side=7; must be at least 8, the size of the images");
  words.back() = "--tensors=logits";
  ExpectRefused(words, "--tensors has no meaning with --images; leave it out");
  words.back() = "--output=photos/a.png";
  ExpectRefused(words, "--output=photos/a.png is called like a picture, but will be a table (CSV)");
  words.back() = "--resize=squash";
  words.push_back("--shorter_side=9");
  ExpectRefused(words, "--shorter_side has no meaning with --resize=squash; leave it out");
  words.pop_back();
  words.back() = "--input=x";
  ExpectRefused(words, "predict needs one of --input=FILE and --images=FOLDER");
  words.pop_back();
  CHECK(FileSystem::Posix()->CreateDirectories(InTempDir("nothing")).ok());
  words[3] = "--images=nothing";
  ExpectRefused(words, "nothing: holds no files that end in .png, .jpg or .jpeg", 3);
  WriteText("photos/broken.png", "no picture");
  words[3] = "--images=photos";
  const Outcome broken = Dfkd(words);
  EXPECT_EQ(broken.exit_code, 3);
  EXPECT_THAT(broken.error, HasSubstr("photos/broken.png"));
}

TEST(PredictTest, WhatIsMissingOrWrongIsNamed) {
  const std::string weights =
      WriteAsSafetensors("w.safetensors", DeterministicState("wrn10_1_thin", 3));
  const auto predict = [&](const std::vector<NamedTensor>& tensors) {
    return Predict("wrn10_1_thin", 3, weights, WriteAsSafetensors("bad.safetensors", tensors));
  };
  ExpectRefused({"predict", "--model=wrn10_1"}, "predict needs --weights=…; see `predict --help`");
  ExpectRefused(
      {"predict", "--model=wrn10_1_thin", "--weights=" + weights, "--input=x", "--output=y"},
      "predict needs --num_classes=K: w.safetensors carries no card that would say");
  ExpectRefused(predict({{"images\x1b", DeterministicTensor({1, 3, 8, 8}, 1)}}),
                "bad.safetensors: has no tensor \"x\" [images, channels, height, width], but "
                "\"images\\x1b\"",
                3);
  ExpectRefused(predict({{"x", DeterministicTensor({3, 8, 8}, 1)}}),
                "bad.safetensors: tensor \"x\" is Float [3, 8, 8]; must be Float [images, "
                "channels, height, width]",
                3);
  ExpectRefused(predict({{"x", DeterministicTensor({1, 3, 8, 8}, 1).to(at::kHalf)}}),
                "bad.safetensors: tensor \"x\" is Half [1, 3, 8, 8]; must be Float [images, "
                "channels, height, width]",
                3);
  ExpectRefused(predict({{"x", at::empty({0, 3, 8, 8})}}),
                "bad.safetensors: tensor \"x\" is Float [0, 3, 8, 8]; must hold at least one "
                "number",
                3);
  ExpectRefused(predict({{"x", at::full({2, 3, 8, 8}, std::numeric_limits<float>::quiet_NaN())}}),
                "bad.safetensors: image 0 of tensor \"x\" holds NaN or infinity", 3);
  std::vector<std::string> words =
      Predict("wrn10_1_thin", 3, weights, WriteImages("x.safetensors"));
  words.push_back("--tensors=logit");
  ExpectRefused(words,
                "--tensors=logit; must be some of logits, embedding, feature_map, each once; did "
                "you mean \"logits\"?");
  words.back() = "--output=x.safetensors";
  ExpectRefused(words,
                "--output=x.safetensors is the file of --input, which it would replace; name "
                "another");
  words.back() = "--output=w.safetensors";
  ExpectRefused(words,
                "--output=w.safetensors is the file of --weights, which it would replace; name "
                "another");
  words.back() = "--output=nowhere/y.safetensors";
  ExpectRefused(words, "--output=nowhere/y.safetensors: there is no folder nowhere; make it first",
                5);
  words.back() = "--output=.";
  ExpectRefused(words, "--output=. is a folder; must name a file");
  words.back() = "--card=card.textproto";
  ExpectRefused(words, "--card has no meaning with --input; leave it out");
  words.back() = "--shorter_side=9";
  ExpectRefused(words, "--shorter_side has no meaning with --input; leave it out");
  ExpectRefused(
      Predict(
          "cifar_vgg11", 10, WriteAsZip("v.pth", DeterministicState("cifar_vgg11", 10)),
          WriteAsSafetensors("tiny.safetensors", {{"x", DeterministicTensor({1, 3, 2, 2}, 1)}})),
      "CifarVggConfig: images are 2x2; must be at least 8x8 pixels, as they are halved three "
      "times");
}

}  // namespace
}  // namespace dfkd
