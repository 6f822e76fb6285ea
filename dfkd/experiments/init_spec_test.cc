#include "dfkd/experiments/init_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/core/resolve.h"
#include "dfkd/core/status.h"
#include "dfkd/core/testing.h"
#include "dfkd/experiments/testing/tiny_run.h"
#include "dfkd/models/model_factory.h"
#include "dfkd/nn/deterministic_weights.h"
#include "dfkd/train/run.h"
#include "dfkd/weights/weights.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class InitSpecTest : public ::testing::Test {
 protected:
  InitSpecTest() {
    static int count = 0;
    root_ = absl::StrCat(::testing::TempDir(), "/init-", ++count);
    std::filesystem::create_directories(root_);
    options_.model = "wrn16_1";
    options_.weights = JoinPath(root_, "teacher.safetensors");
    options_.labels = JoinPath(root_, "classes.txt");
    options_.image_size = 8;
    options_.mean = {0.5, 0.25, 0.125};
    options_.std = {0.5, 0.5, 0.25};
    EXPECT_OK(WriteFileAtomically(FileSystem::Posix(), options_.labels,
                                  "\xef\xbb\xbf"
                                  "cat\r\n \"tabby\" dog \nbird"));
    WriteTeacher(3, {});
  }

  // For `classes` classes, with or without a card.
  void WriteTeacher(int64_t classes, const std::map<std::string, std::string>& metadata,
                    const std::string& preset = "wrn16_1") {
    ModelSpec spec;
    spec.set_preset(preset);
    RandomStream init(0, "init");
    ModelContext context;
    context.num_classes = classes;
    context.init = &init;
    absl::StatusOr<std::unique_ptr<Model>> model = CreateModel(spec, context, "model");
    ASSERT_OK(model);
    FillDeterministically(**model);
    ASSERT_OK(
        WriteSafetensors(FileSystem::Posix(), options_.weights, (*model)->NamedState(), metadata));
  }

  ResolvedSpec Written(const std::vector<std::string>& sets = {}) {
    const std::string path = JoinPath(root_, "my_teacher.textproto");
    std::filesystem::remove(path);
    EXPECT_OK(WriteInitSpec(FileSystem::Posix(), options_, path));
    absl::StatusOr<ResolvedSpec> resolved = ResolveSpec(path, sets);
    EXPECT_OK(resolved);
    return *std::move(resolved);
  }

  std::string root_;
  InitOptions options_;
};

TEST_F(InitSpecTest, WhatItWritesRunsWithoutData) {
  const ResolvedSpec resolved =
      Written({"train.epochs=1", "train.threads=1", "method.encoder=one_hot",
               "method.warmup_epochs=1", "method.warmup_batches_per_epoch=1",
               "method.batches_per_epoch=1", "method.generator_steps=1", "method.batch_size=6",
               "student.steps_per_epoch=1", "student.batch_size=4"});
  EXPECT_EQ(resolved.name, "my_teacher");
  RunOptions run;
  run.spec = resolved;
  run.output_dir = JoinPath(root_, "out");
  run.files = FileSystem::Posix();
  ASSERT_OK_AND_ASSIGN(const RunSummary summary, RunExperiment(run));
  EXPECT_EQ(summary.stages.back().budget.images, 2 * 6);
}

TEST_F(InitSpecTest, ATransformerHasNoBatchNormLossAndATransformerOfItsGridForAStudent) {
  WriteTeacher(3, {}, "vit_mini_patch8_32");
  options_.model = "vit_mini_patch8_32";
  options_.image_size = 32;
  const Experiment spec = Written().spec;
  ASSERT_OK_AND_ASSIGN(const std::string text, InitSpec(options_));
  EXPECT_THAT(text, HasSubstr("model { preset: \"vit_nano_patch8_32\" }"));
  EXPECT_EQ(spec.student().optimizer().type_url(), "type.googleapis.com/dfkd.AdamWConfig");
  EXPECT_THAT(PrintTextprotoLine(spec.method()),
              HasSubstr("losses { weight: 0 config { [type.googleapis.com/dfkd.BnStatConfig]"));
}

TEST_F(InitSpecTest, PutsTheFactsIntoTheCard) {
  const Experiment spec = Written().spec;
  EXPECT_THAT(spec.teacher().card().class_name(), ElementsAre("cat", "\"tabby\" dog", "bird"));
  EXPECT_EQ(spec.teacher().card().height(), 8);
  EXPECT_EQ(spec.teacher().card().channels(), 3);
  EXPECT_THAT(spec.teacher().card().normalization().mean(), ElementsAre(0.5, 0.25, 0.125));
  EXPECT_THAT(spec.teacher().card().normalization().std(), ElementsAre(0.5, 0.5, 0.25));
  EXPECT_FALSE(spec.has_data());
}

TEST_F(InitSpecTest, TakesBatchesAndStepsFromTheTableOfThePaper) {
  const auto resolved_for = [this](int64_t size) {
    options_.image_size = size;
    return Written().canonical_text;
  };
  // Of few classes, as CIFAR-10.
  const std::string small = resolved_for(32);
  EXPECT_THAT(small, HasSubstr(" batch_size: 400\n"));
  EXPECT_THAT(small, HasSubstr(" generator_steps: 30\n"));
  EXPECT_THAT(small, HasSubstr(" padding: 4\n"));
  // Of 64 pixels, as Tiny-ImageNet.
  const std::string middle = resolved_for(64);
  EXPECT_THAT(middle, HasSubstr(" batch_size: 200\n"));
  EXPECT_THAT(middle, HasSubstr(" batches_per_epoch: 4\n"));
  EXPECT_THAT(middle, HasSubstr(" generator_steps: 60\n"));
  EXPECT_THAT(middle, HasSubstr(" steps_per_epoch: 1000\n"));
  // Of 224, as ImageNet: another generator, and weights of 0.1 all over.
  const std::string large = resolved_for(224);
  EXPECT_THAT(large, HasSubstr(" batch_size: 50\n"));
  EXPECT_THAT(large, HasSubstr("DeepGeneratorConfig"));
  EXPECT_THAT(large, Not(HasSubstr("weight: 1.33")));
}

TEST_F(InitSpecTest, TheStudentIsASmallerOneOfTheSameKind) {
  ASSERT_OK_AND_ASSIGN(const std::string text, InitSpec(options_));
  // Of WRN-16-1's 175,000 parameters WRN-10-1 has less than 60%, and no preset in between.
  EXPECT_THAT(text, HasSubstr("model { preset: \"wrn10_1\" }"));
  options_.student = "plain_cnn_small";
  ASSERT_OK_AND_ASSIGN(const std::string chosen, InitSpec(options_));
  EXPECT_THAT(chosen, HasSubstr("model { preset: \"plain_cnn_small\" }"));
}

TEST_F(InitSpecTest, AStudentOfAnotherKindSuitsTheImagesSize) {
  // There is one VGG. Of the others with less than 60% of its 9.2 million parameters MobileNetV2
  // has the most (2.25 million with 20 classes; WRN-40-2 2.24), but makes a point of 32 pixels.
  WriteTeacher(
      20,
      {{"dfkd.card",
        "class_name: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', "
        "'o', 'p', 'q', 'r', 's', 't'] normalization { mean: [0.5, 0.5, 0.5] std: [0.5, "
        "0.5, 0.5] } height: 32 width: 32 channels: 3"}},
      "cifar_vgg11");
  options_.model = "cifar_vgg11";
  options_.labels = "";
  options_.image_size = 0;
  options_.mean = options_.std = {};
  ASSERT_OK_AND_ASSIGN(const std::string text, InitSpec(options_));
  EXPECT_THAT(text, HasSubstr("model { preset: \"wrn40_2\" }"));
}

TEST_F(InitSpecTest, ACardInTheWeightFileNeedsNoFlags) {
  WriteTeacher(2, {{"dfkd.card",
                    "class_name: ['a', 'b'] normalization { mean: [0.5, 0.5, 0.5] std: [0.5, 0.5, "
                    "0.5] } height: 8 width: 8 channels: 3"}});
  options_.labels = "";
  options_.image_size = 0;
  options_.mean = options_.std = {};
  ASSERT_OK_AND_ASSIGN(const std::string text, InitSpec(options_));
  EXPECT_THAT(text, HasSubstr("are those of the card in the weight file"));
  EXPECT_THAT(text, Not(HasSubstr("class_name")));
}

TEST_F(InitSpecTest, NormalisationIsPrintedToTheLastBit) {
  // To six digits they would be other numbers than those in the file: two cards that differ.
  WriteTeacher(3, {{"dfkd.card",
                    "normalization { mean: [0.49139968, 0.48215842, 0.44653094] std: [0.24703223, "
                    "0.24348514, 0.26158786] } height: 8 width: 8 channels: 3"}});
  options_.image_size = 0;
  options_.mean = options_.std = {};
  const ResolvedSpec resolved = Written();
  const Normalization& written = resolved.spec.teacher().card().normalization();
  EXPECT_THAT(written.mean(), ElementsAre(0.49139968f, 0.48215842f, 0.44653094f));
  EXPECT_THAT(written.std(), ElementsAre(0.24703223f, 0.24348514f, 0.26158786f));
}

TEST_F(InitSpecTest, LabelsAreReadAsEmbedReadsThem) {
  ASSERT_OK(WriteFileAtomically(FileSystem::Posix(), options_.labels, "cat\ndog\ncat\n"));
  EXPECT_THAT(InitSpec(options_),
              StatusMessageIs(absl::StrCat(options_.labels,
                                           ":3: \"cat\" stands in line 1 already; class names "
                                           "must differ")));
}

TEST_F(InitSpecTest, AsksForWhatNobodySays) {
  options_.labels = "";
  options_.mean = options_.std = {};
  EXPECT_THAT(InitSpec(options_),
              StatusMessageIs(absl::StrCat(options_.weights,
                                           " carries no card that says it; give "
                                           "--labels, --mean and --std")));
}

TEST_F(InitSpecTest, RefusesWhatDoesNotFit) {
  options_.mean = {0.5};
  EXPECT_THAT(InitSpec(options_),
              StatusMessageIs("--mean has 1 numbers and --std 3; must be one of each per channel"));
  options_.mean = {0.5, 0.25, 0.125};
  options_.model = "wrn16_11";
  EXPECT_THAT(InitSpec(options_),
              StatusMessageIs("--model=wrn16_11 is no model; did you mean \"wrn16_1\"?; see `list "
                              "--category=model`"));
  // Four classes in the file, three in the list.
  options_.model = "wrn16_1";
  WriteTeacher(4, {});
  EXPECT_EQ(ExitCodeOf(InitSpec(options_).status()), kExitBadInput);
}

TEST_F(InitSpecTest, LeavesAFileThatIsThereAlone) {
  const std::string path = JoinPath(root_, "spec.textproto");
  ASSERT_OK(WriteFileAtomically(FileSystem::Posix(), path, "mine"));
  EXPECT_THAT(WriteInitSpec(FileSystem::Posix(), options_, path),
              StatusMessageIs(absl::StrCat(path, " is there already; name another --output")));
  ASSERT_OK_AND_ASSIGN(const std::string text, ReadFile(path));
  EXPECT_EQ(text, "mine");
}

}  // namespace
}  // namespace dfkd
