#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/core/testing.h"
#include "dfkd/encoders/encoder_factory.h"
#include "dfkd/testing/golden.h"
#include "dfkd/weights/weights.h"

namespace dfkd {
namespace {

constexpr char kGolden[] = "dfkd/encoders/testdata/sbert.safetensors";

absl::StatusOr<std::unique_ptr<Encoder>> CreateSbert(const std::string& config) {
  EncoderSpec spec;
  EXPECT_OK(ParseTextproto("config { [type.googleapis.com/dfkd.SbertConfig] { " + config + " } }",
                           "spec", &spec));
  RandomStream random(0, "encoder");
  return CreateEncoder(spec, {.random = &random}, "encoder");
}

at::Tensor Rows(const std::string& config, const std::vector<std::string>& class_names) {
  auto encoder = CreateSbert(config);
  EXPECT_THAT(encoder, IsOk());
  auto rows = (*encoder)->Encode(class_names);
  EXPECT_THAT(rows, IsOk());
  return *std::move(rows);
}

TEST(SbertTest, RowsEqualSentenceTransformers) {
  ASSERT_OK_AND_ASSIGN(const WeightFile file, ReadWeights(kGolden));
  const std::vector<std::string> texts = nlohmann::json::parse(file.metadata.at("texts"));
  const at::Tensor rows = Rows("prompt: \"{}\" clean_names: false", texts);
  EXPECT_EQ(rows.scalar_type(), at::kFloat);
  EXPECT_FALSE(rows.requires_grad());
  EXPECT_LT(MaxDifference(rows, Golden(kGolden)["embeddings"]), 1e-5);
}

TEST(SbertTest, ClassNamesAreCleanedAndPutIntoThePrompt) {
  // The golden's first texts are "a image of zero", ..., "a image of aquarium fish".
  const at::Tensor rows = Rows("", {"zero", "airplane", "aquarium_fish"});
  EXPECT_LT(MaxDifference(rows, Golden(kGolden)["embeddings"].narrow(0, 0, 3)), 1e-5);
}

TEST(SbertTest, NormalizationIsTheModelsOwnUnlessAskedFor) {
  const std::vector<std::string> names = {"cat", "dog"};
  const at::Tensor automatic = Rows("", names);
  const at::Tensor raw = Rows("normalize: NONE", names);
  EXPECT_LT(MaxDifference(automatic.norm(2, 1), at::ones({2})), 1e-6);
  EXPECT_GT(MaxDifference(raw.norm(2, 1), at::ones({2})), 1e-2);
  EXPECT_LT(MaxDifference(raw / raw.norm(2, 1, true), automatic), 1e-6);
  EXPECT_LT(MaxDifference(Rows("normalize: L2", names), automatic), 1e-6);
}

// tiny_bert has no Normalize module.
TEST(SbertTest, ModelsWithoutANormalizeModuleKeepTheLengthOfTheirRows) {
  const std::string tiny = "model_dir: \"dfkd/encoders/testdata/tiny_bert\" prompt: \"{}\"";
  const at::Tensor raw = Rows(tiny, {"a image of Cats", "dog"});
  EXPECT_LT(MaxDifference(raw, Rows(tiny + " normalize: NONE", {"a image of Cats", "dog"})), 1e-6);
  const at::Tensor unit = Rows(tiny + " normalize: L2", {"a image of Cats", "dog"});
  EXPECT_LT(MaxDifference(unit.norm(2, 1), at::ones({2})), 1e-6);
}

TEST(SbertTest, APromptWithoutAPlaceIsRefused) {
  EXPECT_THAT(CreateSbert("prompt: \"a image\""),
              StatusHas(absl::StatusCode::kInvalidArgument,
                        "prompt is \"a image\"; must hold {} where the class name goes"));
}

TEST(SbertTest, AFolderThatIsNotThereIsNamed) {
  EXPECT_THAT(CreateSbert("model_dir: \"no/such/folder\""),
              StatusHas(absl::StatusCode::kNotFound, "no/such/folder/modules.json"));
}

TEST(SbertTest, FilesMayLieElsewhere) {
  EXPECT_THAT(CreateSbert("vocabulary: \"no/vocab.txt\""),
              StatusHas(absl::StatusCode::kNotFound, "no/vocab.txt"));
  EXPECT_THAT(CreateSbert("weights: \"no/model.safetensors\""),
              StatusHas(absl::StatusCode::kNotFound, "no/model.safetensors"));
  // The tiny model's tensors do not fit all-MiniLM-L6-v2.
  EXPECT_THAT(CreateSbert("weights: \"dfkd/encoders/testdata/tiny_bert/model.safetensors\""),
              StatusHas(absl::StatusCode::kNotFound,
                        "embeddings.word_embeddings.weight is [16, 16], must be [30522, 384]"));
}

}  // namespace
}  // namespace dfkd
