#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <zlib.h>

#include <fstream>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/core/testing.h"
#include "dfkd/encoders/byte_pair.h"
#include "dfkd/encoders/encoder_factory.h"
#include "dfkd/testing/golden.h"
#include "dfkd/weights/weights.h"

namespace dfkd {
namespace {

constexpr char kDir[] = "dfkd/encoders/testdata/clip/";

std::string Quoted(const std::string& field, const std::string& path) {
  return absl::StrCat(field, ": \"", path, "\" ");
}

absl::StatusOr<std::unique_ptr<Encoder>> CreateClip(const std::string& config) {
  EncoderSpec spec;
  EXPECT_OK(ParseTextproto("config { [type.googleapis.com/dfkd.ClipConfig] { " + config + " } }",
                           "spec", &spec));
  RandomStream random(0, "encoder");
  return CreateEncoder(spec, {.random = &random}, "encoder");
}

// The tiny tower's heads are 4 wide.
std::string Tiny(const std::string& weights = "hugging_face.safetensors") {
  return absl::StrCat("heads: 2 ", Quoted("weights", absl::StrCat(kDir, weights)),
                      Quoted("merges", absl::StrCat(kDir, "merges.txt")));
}

std::vector<std::string> Texts() {
  auto file = ReadWeights(absl::StrCat(kDir, "golden.safetensors"));
  EXPECT_THAT(file, IsOk());
  return nlohmann::json::parse(file->metadata.at("texts"));
}

at::Tensor Rows(const std::string& config, const std::vector<std::string>& class_names) {
  auto encoder = CreateClip(config);
  EXPECT_THAT(encoder, IsOk());
  auto rows = (*encoder)->Encode(class_names);
  EXPECT_THAT(rows, IsOk());
  return *std::move(rows);
}

// Rows of the tiny tower are about 50 long.
constexpr double kTolerance = 1e-4;

TEST(ClipTest, TokenIdsEqualTheReference) {
  ASSERT_OK_AND_ASSIGN(const std::string merges, ReadFile(absl::StrCat(kDir, "merges.txt")));
  ASSERT_OK_AND_ASSIGN(const BytePairTokenizer tokenizer,
                       BytePairTokenizer::FromMerges(merges, "merges.txt", 538));
  const Golden golden(absl::StrCat(kDir, "golden.safetensors"));
  const std::vector<std::string> texts = Texts();
  const int32_t* expected = golden["token_ids"].data_ptr<int32_t>();
  for (size_t i = 0; i < texts.size(); ++i) {
    ASSERT_OK_AND_ASSIGN(const std::vector<int64_t> ids, tokenizer.Encode(texts[i], 12));
    const int32_t length = golden["lengths"].data_ptr<int32_t>()[i];
    EXPECT_EQ(ids, std::vector<int64_t>(expected, expected + length)) << texts[i];
    expected += length;
  }
}

TEST(ClipTest, RowsEqualTheReferenceForBothFamiliesOfTensorNames) {
  const Golden golden(absl::StrCat(kDir, "golden.safetensors"));
  for (const char* weights : {"hugging_face.safetensors", "open_ai.safetensors"}) {
    const std::string config = Tiny(weights) + "prompt: \"{}\" clean_names: false ";
    const at::Tensor rows = Rows(config, Texts());
    EXPECT_EQ(rows.scalar_type(), at::kFloat);
    EXPECT_FALSE(rows.requires_grad());
    EXPECT_LT(MaxDifference(rows, golden["quick_gelu"]), kTolerance) << weights;
    EXPECT_LT(MaxDifference(Rows(config + "activation: GELU", Texts()), golden["gelu"]), kTolerance)
        << weights;
  }
}

TEST(ClipTest, ClassNamesAreCleanedAndPutIntoThePrompt) {
  // The golden's first texts are "a image of cat" and "a image of sea lion".
  const Golden golden(absl::StrCat(kDir, "golden.safetensors"));
  EXPECT_LT(MaxDifference(Rows(Tiny(), {"cat", "sea-lion"}), golden["quick_gelu"].narrow(0, 0, 2)),
            kTolerance);
}

TEST(ClipTest, RowsHaveLengthOneOnlyWhenAskedFor) {
  const at::Tensor raw = Rows(Tiny(), {"cat", "dog"});
  EXPECT_GT(raw.norm(2, 1).min().item<double>(), 10);
  EXPECT_LT(MaxDifference(raw, Rows(Tiny() + "normalize: NONE", {"cat", "dog"})), 1e-6);
  const at::Tensor unit = Rows(Tiny() + "normalize: L2", {"cat", "dog"});
  EXPECT_LT(MaxDifference(unit.norm(2, 1), at::ones({2})), 1e-6);
}

TEST(ClipTest, MergesMayBePacked) {
  ASSERT_OK_AND_ASSIGN(const std::string merges, ReadFile(absl::StrCat(kDir, "merges.txt")));
  const std::string path = absl::StrCat(::testing::TempDir(), "merges.txt.gz");
  gzFile file = gzopen(path.c_str(), "wb");
  ASSERT_EQ(gzwrite(file, merges.data(), merges.size()), merges.size());
  gzclose(file);
  const std::string config =
      absl::StrCat("heads: 2 ", Quoted("weights", absl::StrCat(kDir, "open_ai.safetensors")));
  EXPECT_LT(MaxDifference(Rows(config + Quoted("merges", path), {"cat"}), Rows(Tiny(), {"cat"})),
            kTolerance);
  // Cut short, it is refused.
  ASSERT_OK_AND_ASSIGN(const std::string packed, ReadFile(path));
  std::ofstream(path) << packed.substr(0, packed.size() - 10);
  EXPECT_THAT(CreateClip(config + Quoted("merges", path)),
              StatusHas(absl::StatusCode::kNotFound, path + ": is damaged"));
}

TEST(ClipTest, AMissingFileIsNamedWithWhatItMustHold) {
  EXPECT_THAT(
      CreateClip(Quoted("weights", "no/clip.safetensors")),
      StatusMessageIs("there is no file no/clip.safetensors; it does not come with dfkd and must "
                      "hold CLIP's weights, such as model.safetensors of a HuggingFace copy of "
                      "ViT-B/32 or open_clip_model.safetensors. Put it there, or set "
                      "ClipConfig.weights to where it lies"));
  EXPECT_THAT(
      CreateClip(absl::StrCat(Quoted("weights", absl::StrCat(kDir, "open_ai.safetensors")),
                              Quoted("merges", "no/merges.txt"))),
      StatusHas(absl::StatusCode::kNotFound,
                "there is no file no/merges.txt; it does not come with dfkd and must hold CLIP's "
                "byte-pair merges: merges.txt of a HuggingFace copy, or "
                "bpe_simple_vocab_16e6.txt.gz of OpenAI's or open_clip's code. Put it there, or "
                "set ClipConfig.merges to where it lies"));
}

// What becomes of a copy of the weights after `edit`.
absl::Status LoadEdited(const std::function<void(std::vector<NamedTensor>&)>& edit,
                        const std::string& more = "heads: 2 ") {
  auto file = ReadWeights(absl::StrCat(kDir, "open_ai.safetensors"));
  EXPECT_THAT(file, IsOk());
  edit(file->tensors);
  const std::string path = absl::StrCat(::testing::TempDir(), "edited.safetensors");
  EXPECT_OK(WriteSafetensors(FileSystem::Posix(), path, file->tensors, {}));
  return CreateClip(absl::StrCat(more, Quoted("weights", path),
                                 Quoted("merges", absl::StrCat(kDir, "merges.txt"))))
      .status();
}

void Drop(std::vector<NamedTensor>& tensors, absl::string_view prefix) {
  std::erase_if(tensors, [&](const NamedTensor& entry) { return entry.name.starts_with(prefix); });
}

TEST(ClipTest, WeightsThatAreNotATextTowerAreRefused) {
  EXPECT_THAT(LoadEdited([](auto& tensors) { Drop(tensors, "token_embedding"); }),
              StatusMessageHas("edited.safetensors: token_embedding.weight [?, ?] is missing"));
  EXPECT_THAT(LoadEdited([](auto& tensors) { Drop(tensors, "transformer."); }),
              StatusMessageHas("transformer.resblocks.0.ln_1.weight [8] is missing; "));
  EXPECT_THAT(
      LoadEdited([](auto& tensors) { Drop(tensors, "transformer.resblocks.1.mlp.c_fc.bias"); }),
      StatusMessageHas(
          "edited.safetensors: transformer.resblocks.1.mlp.c_fc.bias [32] is missing"));
  const auto cut = [](auto& tensors) {
    for (NamedTensor& entry : tensors) {
      if (entry.name == "positional_embedding") entry.tensor = entry.tensor.narrow(1, 0, 7);
    }
  };
  EXPECT_THAT(LoadEdited(cut),
              StatusMessageHas("positional_embedding is [12, 7], must be [12, 8]"));
  const auto empty = [](auto& tensors) {
    for (NamedTensor& entry : tensors) {
      if (entry.name == "positional_embedding") entry.tensor = entry.tensor.narrow(0, 0, 0);
    }
  };
  EXPECT_THAT(LoadEdited(empty),
              StatusMessageHas("token_embedding.weight, positional_embedding or text_projection is "
                               "empty"));
  EXPECT_THAT(LoadEdited([](auto&) {}, "heads: 3 "),
              StatusMessageHas("the text tower is 8 wide; heads is 3, which does not divide it"));
}

TEST(ClipTest, APrefixOfOpenClipIsDropped) {
  EXPECT_OK(LoadEdited([](auto& tensors) {
    for (NamedTensor& entry : tensors) entry.name = "text." + entry.name;
  }));
}

}  // namespace
}  // namespace dfkd
