// The program as a shell sees it: exit codes and what stands on the terminal, to the letter.
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/testing.h"
#include "dfkd/experiments/testing/program.h"

namespace dfkd {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

constexpr const char* kVerbs[] = {"check",   "diff",   "embed",   "eval",   "init",
                                  "inspect", "list",   "predict", "report", "resolve",
                                  "run",     "sample", "study",   "version"};

void WriteSpec(const std::string& name, const std::string& text) {
  ASSERT_OK(WriteFileAtomically(FileSystem::Posix(), JoinPath(::testing::TempDir(), name), text));
}

TEST(CommandLineTest, WithoutAVerbItSaysWhatThereIs) {
  const Outcome bare = Dfkd({});
  EXPECT_EQ(bare.exit_code, 0);
  EXPECT_EQ(Dfkd({"--help"}).output, bare.output);
  for (const char* verb : kVerbs) {
    EXPECT_THAT(bare.output, HasSubstr(absl::StrCat("\n  ", verb, " ")));
  }
  EXPECT_THAT(bare.output, HasSubstr("Exit codes: 0 done, 2 bad configuration or flags"));
}

TEST(CommandLineTest, EachVerbHasHelpOfItsOwn) {
  for (const char* verb : kVerbs) {
    const Outcome help = Dfkd({verb, "--help"});
    EXPECT_EQ(help.exit_code, 0) << verb;
    EXPECT_EQ(help.error, "") << verb;
    EXPECT_THAT(help.output, StartsWith(absl::StrCat("Usage: dfkd ", verb)));
    EXPECT_EQ(absl::StrContains(help.output, "--output_dir"),
              verb == std::string("run") || verb == std::string("study"));
  }
}

TEST(CommandLineTest, AnUnknownVerbIsRefused) {
  ExpectRefused(
      {"rnu"},
      "there is no verb \"rnu\"; did you mean \"run\"?; verbs: analyse, check, diff, embed, "
      "eval, init, inspect, list, predict, report, resolve, run, sample, study, version");
}

TEST(CommandLineTest, AnUnknownFlagIsRefusedWithTheNearest) {
  ExpectRefused({"run", "quickstart", "--ouput_dir=x"},
                "`run` has no flag --ouput_dir; did you mean \"output_dir\"?; see `run --help`");
  // A flag of another verb.
  ExpectRefused({"check", "quickstart", "--output_dir=x"},
                "`check` has no flag --output_dir; see `check --help`");
}

TEST(CommandLineTest, ArgumentsAreCounted) {
  ExpectRefused({"check"}, "`check` needs 1 argument: check SPEC|NAME");
  ExpectRefused({"check", "a", "b"},
                "`check` takes at most 1 argument, not \"b\": check SPEC|NAME");
  ExpectRefused({"check", "quickstart", "--set"}, "--set needs a value: --set=…");
}

TEST(CommandLineTest, AnUnknownSpecIsRefusedWithTheNearest) {
  const Outcome outcome = Dfkd({"check", "digit_nayer"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.error, StartsWith("dfkd: error: there is no shipped spec \"digit_nayer\" "
                                        "among "));
  EXPECT_THAT(outcome.error, HasSubstr("did you mean \"digits_nayer\"?; a file's path ends in "
                                       ".textproto or holds a slash\n"));
}

TEST(CommandLineTest, BadSettingsAreRefusedByTheirPlace) {
  ExpectRefused({"check", "digits_nayer", "--set=method.generator_step=5"},
                "--set method.generator_step=5: method: NayerConfig has no field "
                "\"generator_step\"; did you mean \"generator_steps\"?");
  ExpectRefused({"check", "digits_nayer", "--set=method.generator_steps=0"},
                "method.NayerConfig.generator_steps is 0; must be in [1, 100000]");
  ExpectRefused({"check", "digits_nayer", "--set=method.losses[bn_stat].momentum=1.5"},
                "method.NayerConfig.losses[1].BnStatConfig.momentum is 1.5; must be in [0, 1)");
  ExpectRefused({"check", "digits_nayer", "--set=preset=offical"},
                "shipped spec digits_nayer: no preset \"offical\" is offered by it or its base "
                "files; they offer paper, official; did you mean \"official\"?");
  ExpectRefused({"check", "digits_teacher", "--set=data="},
                "method: real data needed, but not given by the rest of the experiment; set "
                "data.source");
  ExpectRefused({"check", "digits_nayer", "--set=train.patch_sampler=centre_biased"},
                "train.patch_sampler: patch positions needed, but not given by the rest of the "
                "experiment; leave it out, or choose a vision transformer for teacher.model or "
                "student.model");
  ExpectRefused({"check", "digits_vit_nayer", "--set=method.losses[bn_stat].weight=1"},
                "method: BatchNorm inputs needed, but not given by the rest of the experiment; "
                "leave out what needs it, or choose another teacher.model or method");
  ExpectRefused({"check", "digits_vit_nayer",
                 "--set=method.losses=[{config {[type.googleapis.com/dfkd.ClassActivationConfig] "
                 "{maps: BEFORE_RELU}}}]"},
                "method: feature map before its ReLU needed, but not given by the rest of the "
                "experiment; leave out what needs it, or choose another teacher.model or method");
  // What is inside the teacher, a student's step does not show.
  ExpectRefused({"check", "digits_nayer",
                 "--set=student.losses=[{config {[type.googleapis.com/dfkd.BnStatConfig] {}}}]"},
                "student.losses: BatchNorm inputs needed, but not given by the rest of the "
                "experiment; leave out what needs it, or choose another teacher.model or method");
  ExpectRefused({"check", "shapes_muse", "--set=student.model=vit_nano_patch8_64",
                 "--set=method.resolutions=[{size: 20 batch_size: 8}]"},
                "method: images of 20x20 pixels do not fit a network that reads 8x8 patches of 8 "
                "pixels; choose multiples of 8 up to 64x64");
  ExpectRefused({"run", "quickstart", "--resume=maybe"}, "--resume=maybe; must be auto or never");
  ExpectRefused({"list", "--category=losess"},
                "there is no category \"losess\" among augmentation, dataset, encoder, "
                "experiment, generator, label_sampler, loss, measure, method, model, optimizer, "
                "patch_sampler, schedule, study; did you mean \"loss\"?");
}

TEST(CommandLineTest, BadSpecsAreRefusedByLineAndColumn) {
  WriteSpec("field.textproto", "base: \"digits_nayer\"\ntrain { epoch: 3 }\n");
  ExpectRefused({"check", "field.textproto"},
                "field.textproto:2:9: TrainSpec has no field \"epoch\"; did you mean \"epochs\"?");
  WriteSpec("plugin.textproto", "method { [type.googleapis.com/dfkd.NayerConfg] {} }");
  ExpectRefused({"check", "plugin.textproto"},
                "plugin.textproto:1:10: dfkd.NayerConfg is not linked into this program; did you "
                "mean \"dfkd.NayerConfig\"?\n"
                "linked in category \"method\": dfkd.DeepInversionConfig, "
                "dfkd.DfadConfig, dfkd.FastConfig, dfkd.KnowledgeDistillationConfig, "
                "dfkd.MuseConfig, dfkd.NayerConfig, dfkd.SupervisedConfig\n"
                "to link it, add its target, //dfkd/methods:nayer_confg by its name, to the "
                "plugins of this program's dfkd_binary");
}

TEST(CommandLineTest, MissingFilesAreExitCodeThree) {
  const Outcome spec = Dfkd({"check", "absent.textproto"});
  EXPECT_EQ(spec.exit_code, 3);
  EXPECT_EQ(spec.error, "dfkd: error: cannot open absent.textproto: No such file or directory\n");

  const Outcome report = Dfkd({"report", "absent"});
  EXPECT_EQ(report.exit_code, 3);
  EXPECT_EQ(report.error, "dfkd: error: cannot list absent: No such file or directory\n");

  const Outcome teacher = Dfkd({"run", "digits_nayer", "--set=teacher.train_if_missing=false"});
  EXPECT_EQ(teacher.exit_code, 3);
  EXPECT_THAT(teacher.error,
              HasSubstr("teacher.from names digits_teacher, and runs/digits_teacher holds no "
                        "finished run of it; run it first, or set "
                        "teacher.train_if_missing=true\n"));
}

TEST(CommandLineTest, AFolderThatIsNoRunsIsLeftAlone) {
  const std::string folder = JoinPath(::testing::TempDir(), "papers");
  ASSERT_OK(FileSystem::Posix()->CreateDirectories(folder));
  ASSERT_OK(WriteFileAtomically(FileSystem::Posix(), JoinPath(folder, "thesis.tex"), "\\end"));
  ExpectRefused({"run", "digits_teacher", "--output_dir=papers"},
                "papers is not empty (thesis.tex) and no run of dfkd; choose another "
                "--output_dir");
}

TEST(CommandLineTest, CheckSaysWhatARunWillCost) {
  // 2 warm-up epochs of 4 batches and 8 epochs of 2, 100 images each; 15 steps of each batch and
  // 8 x 60 student steps of 128 go through the teacher.
  const Outcome outcome =
      Dfkd({"check", "digits_nayer", "--set=train.epochs=8", "--set=method.warmup_epochs=2",
            "--set=method.warmup_batches_per_epoch=4", "--set=method.batches_per_epoch=2",
            "--set=method.batch_size=100", "--set=method.generator_steps=15",
            "--set=student.steps_per_epoch=60", "--set=student.batch_size=128"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_THAT(outcome.output, StartsWith("digits_nayer: ok\n"));
  EXPECT_THAT(outcome.output, HasSubstr("images synthesised   2400\n"));
  EXPECT_THAT(outcome.output, HasSubstr("images through T     97440\n"));
  EXPECT_THAT(outcome.output, HasSubstr("student steps        480\n"));
}

TEST(CommandLineTest, ResolveDiffAndListPrintWhatTheyPromise) {
  const Outcome resolved = Dfkd({"resolve", "digits_nayer", "--seed=7"});
  EXPECT_EQ(resolved.exit_code, 0);
  EXPECT_THAT(resolved.output, StartsWith("# Resolved from shipped spec digits_nayer, --set "
                                          "train.seed=7\n"));
  EXPECT_THAT(resolved.output, HasSubstr("\n  seed: 7\n"));

  const Outcome same = Dfkd({"diff", "digits_nayer", "digits_nayer"});
  EXPECT_EQ(same.exit_code, 0);
  EXPECT_EQ(same.output, "the resolved specs are equal\n");
  const Outcome changed =
      Dfkd({"diff", "digits_nayer", "digits_nayer", "--set=losses[bn_stat].weight=5"});
  EXPECT_EQ(changed.exit_code, 2);  // the losses are the method's
  EXPECT_EQ(Dfkd({"diff", "digits_nayer", "digits_nayer", "--set=method.losses[bn_stat].weight=5"})
                .output,
            "method.losses[bn_stat].weight: 10 -> 5\n");

  const Outcome list = Dfkd({"list", "--category=label_sampler"});
  EXPECT_EQ(list.exit_code, 0);
  EXPECT_THAT(list.output, HasSubstr("balanced  dfkd.BalancedConfig\n"));
}

TEST(CommandLineTest, InitAndSampleSayWhatTheyNeed) {
  ExpectRefused({"init"}, "`init` needs --model and --weights; see `init --help`");
  ExpectRefused({"init", "--model=wrn16_1", "--weights=t.pth", "--mean=0.5;0.5"},
                "--mean=0.5;0.5; must be numbers with commas between");
  ExpectRefused({"sample", "nowhere", "--count=0"}, "--count=0; must be in [1, 10000]");
  const Outcome nowhere = Dfkd({"sample", "nowhere"});
  EXPECT_EQ(nowhere.exit_code, 3);
  EXPECT_EQ(nowhere.error,
            "dfkd: error: nowhere is no run's folder: it holds no resolved.textproto\n");
}

TEST(CommandLineTest, VersionNamesLibTorch) {
  const Outcome version = Dfkd({"version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_THAT(version.output, MatchesRegex("dfkd [0-9.]+\nLibTorch 2\\.11\\.0\n[A-Z0-9]+\n"
                                           "CUDA library: .+\n"));
}

}  // namespace
}  // namespace dfkd
