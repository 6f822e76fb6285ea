#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/testing.h"
#include "dfkd/data/cifar_forge.h"
#include "dfkd/encoders/embedding_table.h"
#include "dfkd/experiments/testing/program.h"
#include "dfkd/experiments/testing/stranger_weights.h"

namespace dfkd {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string Inspect(const std::string& path) {
  const Outcome outcome = Dfkd({"inspect", path});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
  return outcome.output;
}

TEST(InspectTest, TellsWhichPresetAStrangersFileIsOf) {
  const std::vector<NamedTensor> state = DeterministicState("wrn16_1", 7, 1);
  std::vector<NamedTensor> wrapped = state;
  for (NamedTensor& named : wrapped) named.name = "module." + named.name;
  const std::string fits = "\nfits the model preset wrn16_1 with 7 classes and 1 channel\n";
  EXPECT_THAT(Inspect(WriteAsZip("zip.pth", state)),
              AllOf(StartsWith("zip.pth: torch.save's zip container, "), HasSubstr(fits),
                    HasSubstr("  dfkd predict --model=wrn16_1 --num_classes=7 --weights=zip.pth")));
  EXPECT_THAT(Inspect(WriteAsLegacy("old.pth", state)),
              AllOf(StartsWith("old.pth: torch.save's container from before PyTorch 1.6, "),
                    HasSubstr(fits)));
  EXPECT_THAT(Inspect(WriteAsSafetensors("w.safetensors", wrapped)),
              AllOf(StartsWith("w.safetensors: safetensors, "), HasSubstr(fits)));
}

TEST(InspectTest, NamesTheNearestWhereNoneFits) {
  std::vector<NamedTensor> state = DeterministicState("wrn16_1", 10);
  state.push_back({"head.weight", at::zeros({2, 2})});
  EXPECT_THAT(Inspect(WriteAsSafetensors("more.safetensors", state)),
              HasSubstr("fits no model preset of this program; the nearest is wrn16_1: "));
  EXPECT_EQ(Inspect(WriteAsSafetensors("other.safetensors", {{"head.weight", at::zeros({2, 2})}})),
            "other.safetensors: safetensors, 96 bytes\n"
            "1 tensor (1 F32), 4 parameters\n\n"
            "  F32  [2, 2]  head.weight\n\n"
            "fits no model preset of this program (`dfkd list --category=model`)\n");
}

TEST(InspectTest, ShowsTypesCountsAndBadNumbers) {
  const at::Tensor bad = at::tensor({1.0f, std::numeric_limits<float>::infinity()});
  EXPECT_THAT(
      Inspect(WriteAsSafetensors("bad.safetensors",
                                 {{"bn.running_mean", at::zeros({3})}, {"w", bad.to(at::kHalf)}})),
      AllOf(HasSubstr("2 tensors (1 F16, 1 F32), 2 parameters and 3 numbers of BatchNorm's\n"),
            HasSubstr("  F16  [2]  w  (holds NaN or infinity)\n")));
}

TEST(InspectTest, ShowsTheCard) {
  const std::string card =
      "class_name: 'cat' class_name: 'dog' normalization { mean: 0.5 std: 0.25 } height: 8 "
      "width: 9 channels: 1 accuracy: 97.5";
  EXPECT_THAT(
      Inspect(WriteAsSafetensors("c.safetensors", {{"w", at::zeros({1})}}, {{"dfkd.card", card}})),
      HasSubstr("card\n  classes    2 (cat, dog)\n  images     8x9 pixels, 1 channel\n"
                "  mean       0.5000\n  deviation  0.2500\n  accuracy   97.50 % top-1 "
                "declared\n"));
}

TEST(InspectTest, ShowsATableOfRows) {
  const EmbeddingTable table = {at::tensor({3.0f, 4.0f, 0.0f, 1.0f, 0.0f, 3.0f}).view({3, 2}),
                                {"cat", "\u72ac", "dog"},
                                "a image of {}",
                                "minilm"};
  ASSERT_OK(WriteEmbeddingTable(FileSystem::Posix(), InTempDir("t.safetensors"), table));
  EXPECT_THAT(
      Inspect("t.safetensors"),
      HasSubstr("a table of 3 rows by class name, 2 numbers each; the encoder \"table\" "
                "reads it\n  lengths  1.000 to 5.000\n  nearest  2.000 between \u72ac and dog\n"
                "  prompt   a image of {}\n  encoder  minilm\n  classes\n    cat\n"
                "    \u72ac\n    dog\n"));
}

TEST(InspectTest, NothingOfAFileReachesTheTerminalUnescaped) {
  const std::string text =
      Inspect(WriteAsSafetensors("evil.safetensors", {{"\x1b[2J\u202ew", at::zeros({1})}},
                                 {{"key\x07",
                                   "\xc2\x9b"
                                   "31m"},
                                  {"dfkd.card", "\x1b]0;title\x07"}}));
  EXPECT_THAT(text, AllOf(HasSubstr("\\x1b[2J\\xe2\\x80\\xaew"), HasSubstr("key\\x07"),
                          HasSubstr("\\xc2\\x9b")));
  EXPECT_THAT(text, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\x07")), Not(HasSubstr("\u202e")),
                          Not(HasSubstr("\u009b"))));
}

TEST(InspectTest, SaysWhatOtherFilesAre) {
  ASSERT_OK(ForgeCifar(InTempDir("cifar"), 10, 20, 0));
  EXPECT_THAT(Inspect("cifar"), HasSubstr("CIFAR-10 in its binary version; the data set "
                                          "\"cifar10\" reads it"));
  EXPECT_EQ(Inspect("cifar/test_batch.bin"),
            "cifar/test_batch.bin: pictures of CIFAR-10 by its size; the data set \"cifar10\" "
            "reads its folder: `dfkd eval --data=cifar10 --set=data.source.folder=…`\n");
  WriteText("p.png", "\x89PNG\r\n");
  EXPECT_EQ(Inspect("p.png"),
            "p.png: a picture; `dfkd predict --images=FOLDER` reads those in a folder\n");
  WriteText("s.textproto", "base: 'x'");
  EXPECT_THAT(Inspect("s.textproto"), HasSubstr("`dfkd check` judges it"));
}

TEST(InspectTest, KnowsWhatARunLeaves) {
  const Outcome run = Dfkd(
      {"run", "digits_nayer", "--output_dir=run", "--threads=1", "--set=teacher.from=",
       absl::StrCat("--set=teacher.model={preset: 'wrn10_1_thin' weights: '",
                    WriteAsZip("t.pth", DeterministicState("wrn10_1_thin", 10)), "'}"),
       "--set=student.model=wrn10_1_thin", "--set=train.epochs=1", "--set=method.warmup_epochs=0",
       "--set=method.batches_per_epoch=1", "--set=method.generator_steps=1",
       "--set=method.batch_size=10", "--set=student.steps_per_epoch=1", "--set=evaluation.floor="});
  ASSERT_EQ(run.exit_code, 0) << run.error;
  EXPECT_THAT(Inspect("run"),
              AllOf(StartsWith("run: the folder of a finished run of digits_nayer\n"),
                    HasSubstr("  student (student): test_top1 ")));
  EXPECT_THAT(Inspect("run/student/last.safetensors"),
              HasSubstr("fits the model preset wrn10_1_thin with 10 classes and 3 channels"));
  ASSERT_OK_AND_ASSIGN(const auto rounds, ListDirectory(InTempDir("run/student/checkpoint")));
  EXPECT_THAT(Inspect("run/student/checkpoint/" + rounds.back()),
              HasSubstr("a checkpoint of a run after round 1: "));
  ASSERT_OK_AND_ASSIGN(const auto pool, ListDirectory(InTempDir("run/student/pool")));
  EXPECT_THAT(Inspect("run/student/pool/" + pool.back()),
              HasSubstr("a segment of a run's pool: 10 images of 3x16x16 from number 0 on"));
}

TEST(InspectTest, WhatNobodyKnowsIsRefused) {
  WriteText("notes.txt", "hello\x1b, nobody");
  ExpectRefused({"inspect", "notes.txt"},
                "notes.txt: this is no file of weights (safetensors, or torch.save's): its 14 "
                "bytes begin with \"hello\\x1b, nobody\"",
                3);
  const Outcome absent = Dfkd({"inspect", "absent"});
  EXPECT_EQ(absent.exit_code, 3);
}

}  // namespace
}  // namespace dfkd
