#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/testing.h"
#include "dfkd/data/cifar_forge.h"
#include "dfkd/data/picture_forge.h"
#include "dfkd/experiments/testing/program.h"
#include "dfkd/experiments/testing/stranger_weights.h"
#include "dfkd/report/summary.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// A network whose last layer sees nothing: logit k is k / 2 for every image, so that it names the
// last class, and its five likeliest are the last five.
std::string WriteBlind(const std::string& name, int64_t classes,
                       const std::map<std::string, std::string>& metadata = {}) {
  std::vector<NamedTensor> state = DeterministicState("wrn10_1_thin", classes);
  for (NamedTensor& named : state) {
    if (named.name == "fc.weight") named.tensor.zero_();
    if (named.name == "fc.bias") named.tensor.copy_(at::arange(classes, at::kFloat).div(2));
  }
  return WriteAsSafetensors(name, state, metadata);
}

std::vector<std::string> Eval(const std::string& weights, const std::string& data) {
  return {"eval", "--model=wrn10_1_thin", "--weights=" + weights, "--data=" + data};
}

TEST(EvalTest, MeasuresWhatArithmeticSays) {
  // The 500 test digits are 44 zeros, then 51, 40, 52, 59, 52, 52, 50, 52 and 48 nines: the class
  // that is always named; 254 are among five to nine. log sum_k e^(k/2) = 5.425992, less the mean
  // label's half, 2.293.
  const Outcome text = Dfkd(Eval(WriteBlind("blind.safetensors", 10), "digits"));
  EXPECT_EQ(text.exit_code, 0) << text.error;
  EXPECT_EQ(text.output,
            "images         500 (test split)\ntop-1          9.60 %\ntop-5          50.80 %\n"
            "cross entropy  3.133 nats\n");
  EXPECT_THAT(text.error, HasSubstr("500/500 images"));

  std::vector<std::string> words = Eval("blind.safetensors", "digits:test");
  words.insert(words.end(),
               {"--format=json", "--batch_size=77", "--threads=1", "--set=data.source.size=8"});
  const Outcome json = Dfkd(words);
  ASSERT_EQ(json.exit_code, 0) << json.error;
  const auto result = nlohmann::json::parse(json.output);
  EXPECT_EQ(result["images"], 500);
  EXPECT_DOUBLE_EQ(result["top1"], 9.6);
  EXPECT_DOUBLE_EQ(result["top5"], 50.8);
  EXPECT_NEAR(result["cross_entropy"], 3.132991, 1e-5);
}

TEST(EvalTest, OtherSplitsAndBf16) {
  WriteBlind("blind.safetensors", 10);
  // Of 297 validation digits 40 are nines; 31 + 32 + 31 + 22 + 40 are among five to nine.
  std::vector<std::string> words = Eval("blind.safetensors", "digits:validation");
  words.push_back("--precision=bf16");
  const Outcome outcome = Dfkd(words);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_THAT(outcome.output, StartsWith("images         297 (validation split)\n"
                                         "top-1          13.47 %\ntop-5          52.53 %\n"));
}

TEST(EvalTest, DataMayBeThoseOfASpec) {
  WriteBlind("blind.safetensors", 10);
  EXPECT_THAT(Dfkd(Eval("blind.safetensors", "digits_nayer")).output,
              HasSubstr("images         500 (test split)"));
  ASSERT_OK(ForgeCifar(InTempDir("cifar"), 10, 20, 0));
  std::vector<std::string> words = Eval("blind.safetensors", "cifar10");
  words.push_back("--set=data.source.folder=cifar");
  // 20 records a file, two of each class.
  const auto measured = StartsWith("images         20 (test split)\ntop-1          10.00 %\n");
  EXPECT_THAT(Dfkd(words).output, measured);

  // A shipped matrix's cell, and one of a file.
  words[3] = "--data=nayer_cifar10_wrn40_2_wrn16_1_e100:test";
  EXPECT_THAT(Dfkd(words).output, measured);
  WriteText("table.textproto",
            "prefix: 'mine' common { base: 'cifar10_teacher' } axis { name: 'data' value { name: "
            "'ten' label: 'ten' overlay { data { "
            "source { [type.googleapis.com/dfkd.Cifar10Config] {} } } } } }");
  for (const char* data :
       {"--data=table.textproto:mine_ten", "--data=./table.textproto:mine_ten:test"}) {
    words[3] = data;
    const Outcome outcome = Dfkd(words);
    EXPECT_THAT(outcome.output, measured) << data << outcome.error;
  }
}

TEST(EvalTest, AFolderOfImagesIsReadByTheCardOfTheWeights) {
  // Classes in an order of the card's own, which is not the folders'. The last one is always named.
  const std::string weights =
      WriteBlind("pets.safetensors", 3,
                 {{"dfkd.card",
                   "class_name: 'class_2' class_name: 'class_0' class_name: 'class_1' "
                   "normalization { mean: 0.4 mean: 0.4 mean: 0.4 std: 0.3 std: 0.3 std: 0.3 } "
                   "height: 16 width: 16 channels: 3"}});
  for (const char* split : {"train", "test"}) {
    ASSERT_OK(ForgeClassFolders(InTempDir(absl::StrCat("pets/", split)), 3, 4, 20, 0));
  }
  WriteText("pets/test/class_1/more.png", *ReadFile(InTempDir("pets/test/class_1/0.png")));
  // 5 of 13 are of class_1.
  EXPECT_THAT(Dfkd(Eval(weights, "pets")).output,
              StartsWith("images         13 (test split)\ntop-1          38.46 %\n"));
  EXPECT_THAT(Dfkd(Eval(weights, "pets/:train")).output,
              StartsWith("images         12 (train split)\ntop-1          33.33 %\n"));
  ASSERT_OK(ForgeClassFolders(InTempDir("pets/val"), 3, 2, 20, 0));
  EXPECT_THAT(Dfkd(Eval(weights, "pets/:validation")).output,
              StartsWith("images         6 (validation split)\ntop-1          33.33 %\n"));
  // A folder without splits is one.
  EXPECT_THAT(Dfkd(Eval(weights, "pets/test")).output,
              StartsWith("images         13 (test split)\ntop-1          38.46 %\n"));
}

TEST(EvalTest, AClassFolderThatTheCardDoesNotKnowIsRefused) {
  const std::string weights = WriteBlind(
      "two.safetensors", 2,
      {{"dfkd.card",
        "class_name: 'class_0' class_name: 'class_1' height: 16 width: 16 channels: 3"}});
  ASSERT_OK(ForgeClassFolders(InTempDir("three/test"), 3, 4, 20, 0));
  std::vector<std::string> words = Eval(weights, "three");
  ExpectRefused(words,
                "three/test: no class of the card is called like the folders class_2; rename them, "
                "or say by --set=data.source.class=… which folder is which class",
                3);
  // Said outright, the rest is left out: of 8 pictures 4 are of the last class.
  words.push_back("--set=data.source.class=[{ folder: 'class_0' }, { folder: 'class_1' }]");
  EXPECT_THAT(Dfkd(words).output,
              StartsWith("images         8 (test split)\ntop-1          50.00 %\n"));
}

TEST(EvalTest, MeasuresAStageOfARunAsTheRunDid) {
  const Outcome run =
      Dfkd({"run", "digits_teacher", "--output_dir=teacher", "--threads=1", "--set=train.epochs=1",
            "--set=student.steps_per_epoch=4", "--set=student.model=wrn10_1_thin"});
  ASSERT_EQ(run.exit_code, 0) << run.error;
  ASSERT_OK_AND_ASSIGN(const RunSummary summary, ReadSummary(InTempDir("teacher")));
  const Outcome eval = Dfkd({"eval", "--run=teacher", "--format=json", "--threads=1"});
  ASSERT_EQ(eval.exit_code, 0) << eval.error;
  EXPECT_DOUBLE_EQ(nlohmann::json::parse(eval.output)["top1"], *summary.stages.back().last);
  EXPECT_THAT(Dfkd({"eval", "--run=teacher", "--data=:validation"}).output,
              StartsWith("images         297 (validation split)\n"));

  ExpectRefused({"eval", "--run=teacher", "--which=best"},
                "teacher/student/best.safetensors is not there: evaluation.selection of that run "
                "is LAST, which keeps the last epoch alone; leave --which out",
                3);
  ExpectRefused({"eval", "--run=teacher", "--which=best", "--weights=mine.pth"},
                "--which chooses among the weights of --run; with --weights leave it out");
  ExpectRefused({"sample", "teacher", "--output=teacher/resolved.textproto"},
                "--output=teacher/resolved.textproto is the file of the run's spec, which it would "
                "replace; name another");
  ExpectRefused({"sample", "teacher", "--output=grid.csv"},
                "grid.csv is to be a picture (PNG), with its table (CSV) beside it; name it .png");
  ExpectRefused({"eval", "--run=teacher", "--stage=teacher"},
                "--stage=teacher: the run in teacher has the stages student");
  ExpectRefused({"eval", "--run=teacher", "--which=newest"},
                "--which=newest; must be last or best");
}

TEST(EvalTest, ATeacherThatTheSpecNamesHasNoBestEpoch) {
  CHECK(FileSystem::Posix()->CreateDirectories(InTempDir("given")).ok());
  WriteText("given/resolved.textproto",
            "base: 'nayer_base' teacher { model { preset: 'wrn16_1' weights: 'w.pth' } } "
            "student { model { preset: 'wrn10_1_thin' } }");
  ExpectRefused({"eval", "--run=given", "--stage=teacher", "--which=best", "--data=digits"},
                "--which=best: the teacher of the run in given is a weight file that its spec "
                "names, of which there is one; leave --which out");
}

TEST(EvalTest, CardsThatDifferAreRefused) {
  const std::string weights = WriteBlind("other.safetensors", 10,
                                         {{"dfkd.card",
                                           "normalization { mean: 0.1 mean: 0.1 mean: 0.1 std: "
                                           "0.5 std: 0.5 std: 0.5 }"}});
  ExpectRefused(Eval(weights, "digits"),
                "two cards differ in normalization:\n"
                "  the card in other.safetensors: normalization { mean: [0.1, 0.1, 0.1] std: [0.5, "
                "0.5, 0.5] }\n"
                "  the data set: normalization { mean: [0.5, 0.5, 0.5] std: [0.5, 0.5, 0.5] }\n"
                "Remove or correct one of them.");
  // Size comes from the weights' card, which is how the data are made.
  const std::string small =
      WriteBlind("small.safetensors", 10, {{"dfkd.card", "height: 8 width: 8 accuracy: 97.5"}});
  EXPECT_THAT(Dfkd(Eval(small, "digits")).output, HasSubstr("card           97.50 % top-1 "
                                                            "declared\n"));
}

TEST(EvalTest, WhatIsMissingOrWrongIsNamed) {
  ExpectRefused({"eval", "--data=digits"}, "eval needs --model=NAME, or --run=DIR in its place");
  ExpectRefused({"eval", "--model=wrn10_1", "--run=x"},
                "eval needs --model=NAME, or --run=DIR in its place");
  ExpectRefused({"eval", "--model=wrn10_1", "--data=digits"},
                "eval needs --weights=FILE, the weights of --model");
  ExpectRefused({"eval", "--model=wrn10_1", "--weights=w"},
                "eval needs --data=NAME or --data=FOLDER, the images to measure on");
  ExpectRefused({"eval", "--model=wrn10_1", "--weights=w", "--data=digits", "--stage=teacher"},
                "--stage and --which choose among the networks of --run=DIR");
  ExpectRefused({"eval", "--run=absent"},
                "absent is no run's folder: it holds no resolved.textproto", 3);
  ExpectRefused(Eval("absent.pth", "digits"), "cannot open absent.pth: No such file or directory",
                3);
  WriteBlind("blind.safetensors", 10);
  ExpectRefused(Eval("blind.safetensors", "digits:tset"),
                "--data=digits:tset: there is no split \"tset\" among train, validation, test; did "
                "you mean \"test\"?");
  const Outcome unknown = Dfkd(Eval("blind.safetensors", "digitz"));
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.error, StartsWith("dfkd: error: --data=digitz: there is no data set of that "
                                        "name among cifar10, "));
  EXPECT_THAT(unknown.error, HasSubstr("did you mean \"digits\"?; nor a shipped experiment or a "
                                       "folder of images\n"));
  const Outcome model = Dfkd({"eval", "--model=wrn10_1_thn", "--weights=w", "--data=digits"});
  EXPECT_EQ(model.exit_code, 2);
  EXPECT_THAT(model.error, HasSubstr("did you mean \"wrn10_1_thin\"?"));
  std::vector<std::string> words = Eval("blind.safetensors", "digits");
  words.push_back("--set=data.source.sise=8");
  ExpectRefused(words,
                "--set data.source.sise=8: data.source: DigitsConfig has no field \"sise\"; did "
                "you mean \"size\"?");
  words.back() = "--device=gpu";
  ExpectRefused(words, "--device is \"gpu\"; must be cpu, cuda or cuda:N, N from 0");
  words.back() = "--precision=fp16";
  ExpectRefused(words, "--precision=fp16; must be auto, fp32 or bf16");
  words.back() = "--batch_size=0";
  ExpectRefused(words, "--batch_size=0; must be at least 1");
  ExpectRefused(Eval(WriteBlind("three.safetensors", 3), "digits"),
                "three.safetensors does not fit the model; fc.bias is Float [3], the model's is "
                "Float [10], fc.weight is Float [3, 32], the model's is Float [10, 32]",
                3);
}

}  // namespace
}  // namespace dfkd
