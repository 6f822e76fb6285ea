#include "dfkd/encoders/sentence_model.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "dfkd/core/files.h"
#include "dfkd/core/shipped_file.h"
#include "dfkd/core/testing.h"
#include "dfkd/testing/golden.h"
#include "dfkd/weights/weights.h"

namespace dfkd {
namespace {

namespace fs = std::filesystem;

constexpr char kTestData[] = "dfkd/encoders/testdata";

std::vector<std::string> TextsOf(const std::string& golden) {
  auto file = ReadWeights(absl::StrCat(kTestData, "/", golden));
  EXPECT_THAT(file, IsOk());
  return nlohmann::json::parse(file->metadata.at("texts"));
}

TEST(SentenceModelTest, TokenIdsEqualTheReference) {
  ASSERT_OK_AND_ASSIGN(const std::string path,
                       FindShippedFile("minilm/vocab.txt", "share/minilm/vocab.txt"));
  ASSERT_OK_AND_ASSIGN(const std::string vocabulary, ReadFile(path));
  ASSERT_OK_AND_ASSIGN(const WordPieceTokenizer tokenizer,
                       WordPieceTokenizer::FromVocabulary(vocabulary, "vocab.txt", {}));
  EXPECT_EQ(tokenizer.size(), 30522);
  const Golden golden(absl::StrCat(kTestData, "/sbert.safetensors"));
  const std::vector<std::string> texts = TextsOf("sbert.safetensors");
  ASSERT_EQ(golden["lengths"].size(0), texts.size());
  const int32_t* expected = golden["token_ids"].data_ptr<int32_t>();
  for (size_t i = 0; i < texts.size(); ++i) {
    ASSERT_OK_AND_ASSIGN(const std::vector<int64_t> ids, tokenizer.Encode(texts[i], 256));
    const int32_t length = golden["lengths"].data_ptr<int32_t>()[i];
    EXPECT_EQ(ids, std::vector<int64_t>(expected, expected + length)) << texts[i];
    expected += length;
  }
}

absl::StatusOr<SentenceModel> LoadFolder(const std::string& dir) {
  SentenceModelFiles files;
  files.dir = dir;
  return SentenceModel::Load(files);
}

const std::string& TinyBert() {
  static const auto* const dir = new std::string(absl::StrCat(kTestData, "/tiny_bert"));
  return *dir;
}

// The golden holds no batches: that rows agree also says that padding does not leak.
TEST(SentenceModelTest, ASmallCasedModelPooledByItsFirstTokenEqualsTheReference) {
  ASSERT_OK_AND_ASSIGN(const SentenceModel model, LoadFolder(TinyBert()));
  EXPECT_FALSE(model.normalizes());
  ASSERT_OK_AND_ASSIGN(const at::Tensor rows, model.Encode(TextsOf("tiny_bert.safetensors")));
  const Golden golden(absl::StrCat(kTestData, "/tiny_bert.safetensors"));
  EXPECT_LT(MaxDifference(rows, golden["embeddings"]), 1e-5);
}

TEST(SentenceModelTest, NoTextsGiveNoRows) {
  ASSERT_OK_AND_ASSIGN(const SentenceModel model, LoadFolder(TinyBert()));
  ASSERT_OK_AND_ASSIGN(const at::Tensor rows, model.Encode({}));
  EXPECT_EQ(rows.sizes(), at::IntArrayRef({0, 16}));
}

TEST(SentenceModelTest, RefusesATextThatIsNotUtf8) {
  ASSERT_OK_AND_ASSIGN(const SentenceModel model, LoadFolder(TinyBert()));
  EXPECT_THAT(model.Encode({"dog", "\xff"}), StatusMessageIs("text 1: not valid UTF-8 at byte 0"));
}

// A copy of tiny_bert in which one file differs.
class ModelFolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = absl::StrCat(::testing::TempDir(), "/",
                        ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(dir_);
    fs::copy(TinyBert(), dir_, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    // Runfiles are links to files that cannot be written.
    for (const auto& entry : fs::recursive_directory_iterator(dir_)) {
      if (!entry.is_symlink()) continue;
      const fs::path target = fs::read_symlink(entry.path());
      fs::remove(entry.path());
      fs::copy_file(target, entry.path());
    }
  }

  void Write(const std::string& name, const std::string& content) {
    const std::string path = dir_ + "/" + name;
    fs::remove(path);
    std::ofstream(path) << content;
  }
  void Replace(const std::string& name, const std::string& from, const std::string& to) {
    auto text = ReadFile(dir_ + "/" + name);
    ASSERT_OK(text);
    ASSERT_NE(text->find(from), std::string::npos) << *text;
    Write(name, absl::StrReplaceAll(*text, {{from, to}}));
  }
  void EditTensors(const std::function<void(std::vector<NamedTensor>&)>& edit) {
    auto file = ReadWeights(dir_ + "/model.safetensors");
    ASSERT_OK(file);
    edit(file->tensors);
    Write("model.safetensors", SerializeSafetensors(file->tensors, {}));
  }
  absl::Status Load() {
    const absl::Status status = LoadFolder(dir_).status();
    EXPECT_TRUE(status.ok() || status.code() == absl::StatusCode::kNotFound) << status;
    return status;
  }

  std::string dir_;
};

TEST_F(ModelFolderTest, FoldersOfOlderVersionsAreRead) {
  Write("vocab.txt",
        "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nimage\nof\nC\nc\n##at\ndog\n##s\n\u00c9\n.\n");
  fs::remove(dir_ + "/tokenizer.json");
  Write("1_Pooling/config.json",
        R"({"word_embedding_dimension": 16, "pooling_mode_cls_token": true,
            "pooling_mode_mean_tokens": false})");
  Replace("modules.json", "sentence_transformers.base.modules.transformer.Transformer",
          "sentence_transformers.models.Transformer");
  Write("sentence_bert_config.json", R"({"max_seq_length": 10, "do_lower_case": false})");
  ASSERT_OK_AND_ASSIGN(const SentenceModel model, LoadFolder(dir_));
  ASSERT_OK_AND_ASSIGN(const at::Tensor rows, model.Encode(TextsOf("tiny_bert.safetensors")));
  const Golden golden(absl::StrCat(kTestData, "/tiny_bert.safetensors"));
  EXPECT_LT(MaxDifference(rows, golden["embeddings"]), 1e-5);
}

TEST_F(ModelFolderTest, MeanPoolingIsOverTheTokensAndNotThePadding) {
  Write("1_Pooling/config.json", R"({"pooling_mode": "mean"})");
  ASSERT_OK_AND_ASSIGN(const SentenceModel model, LoadFolder(dir_));
  ASSERT_OK_AND_ASSIGN(const at::Tensor alone, model.Encode({"dog"}));
  ASSERT_OK_AND_ASSIGN(const at::Tensor padded, model.Encode({"a image of dog dogs .", "dog"}));
  EXPECT_LT(MaxDifference(alone[0], padded[1]), 1e-5);
}

TEST_F(ModelFolderTest, AMissingFileIsNamed) {
  fs::remove(dir_ + "/config.json");
  EXPECT_THAT(Load(), StatusMessageHas(dir_ + "/config.json"));
  fs::remove(dir_ + "/modules.json");
  EXPECT_THAT(Load(), StatusMessageHas(dir_ + "/modules.json"));
}

TEST_F(ModelFolderTest, AFileThatIsNotJsonIsRefusedWithThePlace) {
  Write("config.json", "{\"model_type\": bert}");
  EXPECT_THAT(Load(), StatusMessageHas("config.json: not JSON: "));
  EXPECT_THAT(Load(), StatusMessageHas("line 1, column 16"));
}

TEST_F(ModelFolderTest, AnotherNetworkIsRefused) {
  Replace("config.json", "\"bert\"", "\"mpnet\"");
  EXPECT_THAT(Load(), StatusMessageIs(dir_ + "/config.json: model_type is \"mpnet\"; must be "
                                             "\"bert\""));
}

TEST_F(ModelFolderTest, SizesAreChecked) {
  Replace("config.json", "\"num_attention_heads\": 4", "\"num_attention_heads\": 3");
  EXPECT_THAT(Load(), StatusMessageHas("num_attention_heads is 3; must divide hidden_size, 16"));
  Replace("config.json", "\"hidden_size\": 16", "\"hidden_size\": -1");
  EXPECT_THAT(Load(),
              StatusMessageHas("hidden_size is -1; must be a whole number in [1, 16777216]"));
  Replace("config.json", "\"hidden_size\": -1,", "");
  EXPECT_THAT(Load(), StatusMessageHas("hidden_size is missing; must be a whole number"));
}

TEST_F(ModelFolderTest, AnUnknownModuleIsRefused) {
  Replace("modules.json", "pooling.Pooling", "dense.Dense");
  EXPECT_THAT(Load(),
              StatusMessageIs(dir_ + "/modules.json: the modules are [Transformer, Dense]; dfkd "
                                     "runs [Transformer, Pooling] and [Transformer, Pooling, "
                                     "Normalize]"));
}

TEST_F(ModelFolderTest, AModuleOutsideTheFolderIsRefused) {
  Replace("modules.json", "1_Pooling", "../1_Pooling");
  EXPECT_THAT(Load(), StatusMessageHas("path \"../1_Pooling\" leaves the folder"));
}

TEST_F(ModelFolderTest, AnotherPoolingIsRefused) {
  Replace("1_Pooling/config.json", "cls", "lasttoken");
  EXPECT_THAT(Load(), StatusMessageHas("1_Pooling/config.json: the pooling modes are [lasttoken]; "
                                       "dfkd can pool by mean or cls"));
}

TEST_F(ModelFolderTest, AMissingTensorIsNamedWithItsShape) {
  EditTensors([](std::vector<NamedTensor>& tensors) {
    std::erase_if(tensors, [](const NamedTensor& entry) {
      return entry.name == "encoder.layer.1.output.dense.weight";
    });
  });
  EXPECT_THAT(Load(), StatusMessageIs(dir_ + "/model.safetensors: "
                                             "encoder.layer.1.output.dense.weight [16, 24] is "
                                             "missing"));
}

TEST_F(ModelFolderTest, AWrongShapeIsShownBesideTheRightOne) {
  EditTensors([](std::vector<NamedTensor>& tensors) {
    for (NamedTensor& entry : tensors) {
      if (entry.name == "embeddings.LayerNorm.bias") entry.tensor = entry.tensor.narrow(0, 0, 15);
    }
  });
  EXPECT_THAT(Load(), StatusMessageIs(dir_ + "/model.safetensors: embeddings.LayerNorm.bias is "
                                             "[15], must be [16]"));
}

TEST_F(ModelFolderTest, ALayerThatTheFileLacksIsAnErrorHoweverManyAreAskedFor) {
  Replace("config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 16777216");
  EXPECT_THAT(Load(), StatusMessageHas("encoder.layer.2.attention.self.query.weight [16, 16] is "
                                       "missing; "));
  EXPECT_THAT(Load(), StatusMessageHas("; and 11 more"));
}

TEST_F(ModelFolderTest, HalfPrecisionAndThePrefixOfOtherHeadsAreRead) {
  EditTensors([](std::vector<NamedTensor>& tensors) {
    for (NamedTensor& entry : tensors) {
      entry = {"bert." + entry.name, entry.tensor.to(at::kHalf)};
    }
  });
  ASSERT_OK_AND_ASSIGN(const SentenceModel model, LoadFolder(dir_));
  ASSERT_OK_AND_ASSIGN(const at::Tensor rows, model.Encode(TextsOf("tiny_bert.safetensors")));
  EXPECT_EQ(rows.scalar_type(), at::kFloat);
  const Golden golden(absl::StrCat(kTestData, "/tiny_bert.safetensors"));
  // Weights rounded to 11 bits.
  EXPECT_LT(MaxDifference(rows, golden["embeddings"]), 2e-2);
}

TEST_F(ModelFolderTest, AVocabularyLargerThanTheModelIsRefused) {
  std::string vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n";
  for (int i = 0; i < 13; ++i) absl::StrAppend(&vocabulary, "w", i, "\n");
  Write("vocab.txt", vocabulary);
  EXPECT_THAT(Load(), StatusMessageIs(absl::StrCat(dir_, "/vocab.txt: has 17 tokens; the model in ",
                                                   dir_, " has rows for 16")));
}

TEST_F(ModelFolderTest, IdsOfATokenizerJsonCountFromZero) {
  Replace("tokenizer.json", "\"dog\": 11", "\"dog\": 12");
  EXPECT_THAT(Load(), StatusMessageHas("ids must count from 0, one token each"));
  Write("tokenizer.json", R"({"model": {"type": "BPE", "vocab": {}}})");
  EXPECT_THAT(Load(), StatusMessageHas("is not the tokenizer.json of a BERT model"));
}

TEST_F(ModelFolderTest, JsonOfAnyShapeIsReadOrRefused) {
  const std::vector<std::string> values = {
      "null",
      "1",
      "-1",
      "1e300",
      "true",
      "\"x\"",
      "[]",
      "{}",
      "[1]",
      "[{}]",
      "[null]",
      R"([{"type": 1, "path": ""}])",
      R"({"model": 1})",
      R"({"model": {"type": 1, "vocab": {}}})",
      R"({"model": {"type": "WordPiece", "vocab": []}})",
      R"({"model": {"type": "WordPiece", "vocab": {"a": -1}}})",
      R"({"model": {"type": "WordPiece", "vocab": {"a": 0.5, "b": "x"}}})",
      R"({"model": {"type": "WordPiece", "vocab": {"a": 18446744073709551615}}})",
      R"({"pooling_mode": 1, "pooling_mode_cls_token": "yes"})",
      R"({"max_seq_length": "x"})",
      R"({"do_lower_case": 1, "model_max_length": []})",
      R"({"layer_norm_eps": "x", "hidden_size": 1e300})"};
  for (const char* name :
       {"modules.json", "config.json", "tokenizer_config.json", "sentence_bert_config.json",
        "1_Pooling/config.json", "tokenizer.json"}) {
    auto original = ReadFile(dir_ + "/" + name);
    ASSERT_OK(original);
    for (const std::string& value : values) {
      Write(name, value);
      const absl::Status status = Load();
      EXPECT_TRUE(status.ok() || absl::StrContains(status.message(), name)) << status;
    }
    Write(name, *original);
  }
  EXPECT_OK(Load());
}

TEST_F(ModelFolderTest, LongTextsAreCutAtTheModelsLimit) {
  Write("sentence_bert_config.json", R"({"max_seq_length": 4})");
  ASSERT_OK_AND_ASSIGN(const SentenceModel model, LoadFolder(dir_));
  // [CLS] dog dog [SEP], both times.
  ASSERT_OK_AND_ASSIGN(const at::Tensor rows, model.Encode({"dog dog", "dog dog . dog"}));
  EXPECT_LT(MaxDifference(rows[0], rows[1]), 1e-6);
  Write("sentence_bert_config.json", R"({"max_seq_length": 1})");
  EXPECT_THAT(Load(), StatusMessageHas("max_seq_length is 1; must be a number of tokens, at least "
                                       "2"));
}

}  // namespace
}  // namespace dfkd
