// Whole runs: from a file of weights to a folder that a person can open.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <filesystem>
#include <random>
#include <string>

#include "ATen/Parallel.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "dfkd/core/fault_injection.h"
#include "dfkd/core/status.h"
#include "dfkd/core/stop.h"
#include "dfkd/core/testing.h"
#include "dfkd/experiments/testing/tiny_run.h"
#include "dfkd/weights/weights.h"
#include "gflags/gflags.h"
#include "glog/logging.h"

// This program runs itself as the process that is killed.
DEFINE_string(child_spec, "", "run this spec's text and exit");
DEFINE_string(child_dir, "", "in this folder");
DEFINE_int64(child_kill_at, 0, "dying of SIGKILL in place of this file operation");

extern char** environ;

namespace dfkd {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;

class RunTest : public ::testing::Test {
 protected:
  RunTest() {
    ClearStop();
    static int count = 0;
    root_ = absl::StrCat(::testing::TempDir(), "/run-", ++count);
    std::filesystem::create_directories(root_);
  }
  std::string Folder(const std::string& name) const { return JoinPath(root_, name); }

  std::string root_;
};

// True where the child ended by itself with exit code 0, false where it was killed.
bool RunChild(const std::string& spec, const std::string& dir, int64_t kill_at) {
  std::vector<std::string> words = {"/proc/self/exe", absl::StrCat("--child_spec=", spec),
                                    absl::StrCat("--child_dir=", dir),
                                    absl::StrCat("--child_kill_at=", kill_at)};
  const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  CHECK_EQ(posix_spawn(&child, program.c_str(), nullptr, nullptr, argv.data(), environ), 0);
  int status = 0;
  CHECK_EQ(waitpid(child, &status, 0), child);
  if (WIFSIGNALED(status)) {
    EXPECT_EQ(WTERMSIG(status), SIGKILL);
    return false;
  }
  EXPECT_EQ(WEXITSTATUS(status), 0);
  return true;
}

int64_t OperationsOf(const std::string& spec, const std::string& dir) {
  FaultInjectingFileSystem counting(PosixWithoutSync(), int64_t{1} << 40, Fault::kNoSpace);
  const auto summary = RunTiny(spec, dir, &counting);
  CHECK(summary.ok()) << summary.status();
  return counting.operations();
}

TEST_F(RunTest, NeedsNothingButAFileOfWeights) {
  const std::string spec = TinyNayer(WriteTinyTeacher(root_, {}));
  ASSERT_OK_AND_ASSIGN(const RunSummary summary, RunTiny(spec, Folder("out")));
  ASSERT_EQ(summary.stages.size(), 1);
  const StageSummary& student = summary.stages[0];
  EXPECT_EQ(student.metric, "agreement");
  // One warm-up epoch of 2 batches of 8 and three epochs of 1: 40 images, of which one of each ten
  // is held out.
  EXPECT_EQ(student.budget.images, 40);
  // All of them are kept: of the teacher's size, for three classes.
  ASSERT_TRUE(student.pool.has_value());
  EXPECT_EQ(student.pool->images, 40);
  EXPECT_EQ(student.pool->pixels, 40 * 8 * 8);
  EXPECT_DOUBLE_EQ(student.pool->images_per_class, 40.0 / 3);
  EXPECT_FALSE(student.pool->data_ratio.has_value());  // nothing tells what it was trained on
  EXPECT_EQ(student.evaluated_images, 4);
  ASSERT_TRUE(student.last.has_value());
  for (const char* file : {"resolved.textproto", "command.txt", "summary.json", "report.html",
                           "log.txt", "student/metrics.csv", "student/events.out.tfevents.dfkd",
                           "student/last.safetensors", "student/best.safetensors"}) {
    EXPECT_TRUE(FileExists(Folder(absl::StrCat("out/", file)))) << file;
  }
  EXPECT_THAT(LastingContent(Folder("out")), Contains(Key("student/samples/epoch-00004.png")));
}

TEST_F(RunTest, MuseFillsAPoolOfEachResolutionAndShowsItsImages) {
  const std::string spec = TinyMuse(WriteTinyTeacher(root_, {}));
  ASSERT_OK_AND_ASSIGN(const RunSummary summary, RunTiny(spec, Folder("out")));
  const StageSummary& student = summary.stages[0];
  // One warm-up epoch and three epochs of a batch of 10 and one of 5: 40 images and 20, of which
  // one of each ten is held out.
  EXPECT_EQ(student.budget.images, 40 + 20);
  EXPECT_EQ(student.budget.pixels, 40 * 4 * 4 + 20 * 8 * 8);
  EXPECT_EQ(student.evaluated_images, 4 + 2);
  // Two steps of each batch, and three times two student steps of 4 + 5; but in the first epoch the
  // larger images are 9, so that the second batch of them has 4.
  EXPECT_EQ(student.budget.teacher_forwards, 2 * 60 + 3 * 2 * 9 - 1);
  auto content = LastingContent(Folder("out"));
  for (const char* file : {"epoch-00004-4px.png", "epoch-00004-8px.png"}) {
    EXPECT_THAT(content, Contains(Key(absl::StrCat("student/samples/", file))));
  }
  EXPECT_TRUE(std::filesystem::is_directory(Folder("out/student/pool/4x4")));
  EXPECT_TRUE(std::filesystem::is_directory(Folder("out/student/pool/8x8")));
  for (const char* loss :
       {"class_activation", "embedding_diversity", "student_embedding_diversity"}) {
    EXPECT_THAT(content["student/metrics.csv"], HasSubstr(absl::StrCat("loss_", loss, ",")));
  }
}

TEST_F(RunTest, DeepInversionFillsAPoolAndShowsItsImages) {
  const std::string spec = TinyDeepInversion(WriteTinyTeacher(root_, {}));
  ASSERT_OK_AND_ASSIGN(const RunSummary summary, RunTiny(spec, Folder("out")));
  const StageSummary& student = summary.stages[0];
  EXPECT_EQ(student.metric, "agreement");
  // One warm-up epoch and three epochs of a batch of 8, of which one of each ten is held out.
  EXPECT_EQ(student.budget.images, 32);
  EXPECT_EQ(student.evaluated_images, 3);
  // Three steps of each batch, and three times two student steps of 4.
  EXPECT_EQ(student.budget.teacher_forwards, 3 * 32 + 3 * 2 * 4);
  EXPECT_THAT(LastingContent(Folder("out")), Contains(Key("student/samples/epoch-00004.png")));
}

TEST_F(RunTest, DfadKeepsNoPoolAndShowsItsGenerator) {
  const std::string spec = TinyDfad(WriteTinyTeacher(root_, {}));
  ASSERT_OK_AND_ASSIGN(const RunSummary summary, RunTiny(spec, Folder("out")));
  const StageSummary& student = summary.stages[0];
  // Three epochs of two student steps of 4, each followed by a generator step of 8.
  EXPECT_EQ(student.budget.images, 3 * 2 * 4);
  EXPECT_EQ(student.budget.teacher_forwards, 3 * (2 * 4 + 8));
  // Without data and pool, its student is measured on images that the generator makes for it.
  EXPECT_EQ(student.metric, "agreement");
  EXPECT_TRUE(student.last.has_value());
  EXPECT_EQ(student.evaluated_images, 1000);
  EXPECT_FALSE(student.pool.has_value());
  EXPECT_FALSE(std::filesystem::exists(Folder("out/student/pool")));
  EXPECT_THAT(LastingContent(Folder("out")), Contains(Key("student/samples/epoch-00003.png")));
}

TEST_F(RunTest, TakesChannelsAndSizeFromTheTeacher) {
  for (const TinyTeacher& teacher : {TinyTeacher{1, 28, 28, 3}, TinyTeacher{3, 48, 40, 3}}) {
    const std::string name =
        absl::StrCat(teacher.height, "x", teacher.width, "x", teacher.channels);
    const std::string spec = TinyNayer(WriteTinyTeacher(Folder(name), teacher));
    ASSERT_OK_AND_ASSIGN(const RunSummary summary, RunTiny(spec, Folder(name + "/out")));
    EXPECT_EQ(summary.stages[0].budget.pixels, 40 * teacher.height * teacher.width);
    // The student's weights are a teacher's file again: the card goes with them.
    ASSERT_OK_AND_ASSIGN(const WeightFile file,
                         ReadWeights(Folder(name + "/out/student/last.safetensors")));
    EXPECT_THAT(file.metadata.at("dfkd.card"),
                HasSubstr(absl::StrCat("height: ", teacher.height, " width: ", teacher.width,
                                       " channels: ", teacher.channels)));
  }
}

TEST_F(RunTest, EqualSeedsGiveEqualBytesAndOthersOthers) {
  const std::string spec = TinyNayer(WriteTinyTeacher(root_, {}));
  ASSERT_OK(RunTiny(spec, Folder("a")));
  ASSERT_OK(RunTiny(spec, Folder("b")));
  ASSERT_OK(
      RunTiny(absl::StrReplaceAll(spec, {{"threads: 1", "threads: 1 seed: 1"}}), Folder("c")));
  EXPECT_EQ(LastingContent(Folder("a")), LastingContent(Folder("b")));
  EXPECT_NE(LastingContent(Folder("a"))["student/last.safetensors"],
            LastingContent(Folder("c"))["student/last.safetensors"]);
}

struct InterruptedRun {
  const char* name;
  std::string (*spec)(const std::string& weights);
  int kills;  // how many runs are killed
};

class InterruptedRunTest : public RunTest, public ::testing::WithParamInterface<InterruptedRun> {
 protected:
  std::string Spec() const { return GetParam().spec(WriteTinyTeacher(root_, {})); }
};

// Between two operations on files nothing on the disk changes, so dying in place of the Nth stands
// for dying at any moment between it and the one before.
TEST_P(InterruptedRunTest, KilledAtAnyMomentAndResumedItEndsInTheSameBytes) {
  const std::string spec = Spec();
  const int64_t operations = OperationsOf(spec, Folder("whole"));
  const auto expected = LastingContent(Folder("whole"));
  const unsigned seed = std::random_device{}();
  std::cout << "seed " << seed << ", " << operations << " operations\n";
  std::mt19937 random(seed);
  for (int trial = 0; trial < GetParam().kills; ++trial) {
    const std::string dir = Folder(absl::StrCat("killed-", trial));
    std::string moments;
    // Twice killed, then let go.
    for (int kill = 0; kill < 2; ++kill) {
      const int64_t at = std::uniform_int_distribution<int64_t>(1, operations)(random);
      absl::StrAppend(&moments, " ", at);
      if (RunChild(spec, dir, at)) break;
    }
    ASSERT_TRUE(RunChild(spec, dir, int64_t{1} << 40)) << moments;
    EXPECT_EQ(LastingContent(dir), expected) << "killed at" << moments << ", seed " << seed;
  }
}

TEST_P(InterruptedRunTest, SigtermSavesAndExits75) {
  const std::string spec = Spec();
  InstallStopHandlers();
  raise(SIGTERM);
  const absl::Status stopped = RunTiny(spec, Folder("out")).status();
  signal(SIGTERM, SIG_DFL);
  signal(SIGINT, SIG_DFL);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(stopped)), 75) << stopped;
  EXPECT_THAT(stopped, StatusMessageHas("run the same command again to resume"));
  ClearStop();
  ASSERT_OK(RunTiny(spec, Folder("out")));
  ASSERT_OK(RunTiny(spec, Folder("whole")));
  EXPECT_EQ(LastingContent(Folder("out")), LastingContent(Folder("whole")));
}

// What training draws is a stream of the run, too.
std::string TinyNayerWithDropout(const std::string& weights) {
  const std::string spec = TinyNayer(weights);
  const std::string other = absl::StrReplaceAll(
      spec, {{absl::StrCat("student {\n    model { ", kTinyModel, " }"),
              "student { model { config { [type.googleapis.com/dfkd.MobilenetConfig] { "
              "width_multiplier: 0.1 dropout: 0.5 } } }"}});
  CHECK_NE(other, spec);
  return other;
}

INSTANTIATE_TEST_SUITE_P(Methods, InterruptedRunTest,
                         ::testing::Values(InterruptedRun{"Nayer", TinyNayer, 8},
                                           InterruptedRun{"Muse", TinyMuse, 4},
                                           InterruptedRun{"DeepInversion", TinyDeepInversion, 4},
                                           InterruptedRun{"Fast", TinyFast, 4},
                                           InterruptedRun{"Dfad", TinyDfad, 4},
                                           InterruptedRun{"Dropout", TinyNayerWithDropout, 3}),
                         [](const auto& info) { return info.param.name; });

// Before the folder is marked as this run's, each moment once.
TEST_F(RunTest, KilledWhileItsFolderIsMadeItBeginsAgain) {
  const std::string spec = TinyNayer(WriteTinyTeacher(root_, {}));
  for (int64_t at = 1; at <= 16; ++at) {
    const std::string dir = Folder(absl::StrCat("killed-", at));
    ASSERT_FALSE(RunChild(spec, dir, at));
    ASSERT_FALSE(RunChild(spec, dir, 16)) << at;  // recognises the folder, and is killed again
  }
}

TEST_F(RunTest, AFaultOfTheDiskLosesNothing) {
  const std::string spec = TinyNayer(WriteTinyTeacher(root_, {}));
  const int64_t operations = OperationsOf(spec, Folder("whole"));
  const auto expected = LastingContent(Folder("whole"));
  // A prime stride meets every kind of operation over the course of the run.
  for (int64_t nth = 1; nth <= operations; nth += 13) {
    const std::string dir = Folder(absl::StrCat("fault-", nth));
    FaultInjectingFileSystem files(PosixWithoutSync(), nth, Fault::kNoSpace);
    const absl::Status status = RunTiny(spec, dir, &files).status();
    EXPECT_TRUE(status.ok() || ExitCodeOf(status) == kExitStorage) << nth << ": " << status;
    ASSERT_OK(RunTiny(spec, dir, PosixWithoutSync())) << "after a fault at " << nth;
    EXPECT_EQ(LastingContent(dir), expected) << nth;
  }
}

TEST_F(RunTest, BegunAnewItTakesNothingFromTheRunBefore) {
  const std::string spec = TinyNayer(WriteTinyTeacher(root_, {}));
  const int64_t operations = OperationsOf(spec, Folder("whole"));
  const std::string dir = Folder("again");
  // Far enough that checkpoints and images lie there.
  FaultInjectingFileSystem files(PosixWithoutSync(), operations * 3 / 4, Fault::kNoSpace);
  ASSERT_EQ(ExitCodeOf(RunTiny(spec, dir, &files).status()), kExitStorage);
  ASSERT_OK(RunTiny(spec, dir, PosixWithoutSync(), /*resume=*/false));
  EXPECT_EQ(LastingContent(dir), LastingContent(Folder("whole")));
}

TEST_F(RunTest, RefusesTwoStagesOfOneName) {
  const std::string path = Folder("floor.textproto");
  const std::string spec = TinyFakeOnline(WriteTinyTeacher(root_, {}));
  ASSERT_OK(WriteFileAtomically(FileSystem::Posix(), path, spec));
  const absl::Status status =
      RunTiny(absl::StrCat(spec, "evaluation { floor: '", path, "' floor: '", path, "' }"),
              Folder("out"))
          .status();
  EXPECT_EQ(ExitCodeOf(status), kExitBadConfig);
  EXPECT_THAT(status, StatusMessageHas("would be the second stage named floor; list it once"));
}

TEST_F(RunTest, AMethodWithoutAPoolRunsFiveStudentStepsToOneOfItsOwn) {
  const std::string spec = TinyFakeOnline(WriteTinyTeacher(root_, {}));
  ASSERT_OK_AND_ASSIGN(const RunSummary summary, RunTiny(spec, Folder("out")));
  // Three epochs of two iterations: 5 batches of 4 for the student, and one for the generator.
  EXPECT_EQ(summary.stages[0].budget.images, 3 * 2 * 6 * 4);
  EXPECT_EQ(summary.stages[0].budget.teacher_forwards, 3 * 2 * 5 * 4);
  EXPECT_FALSE(std::filesystem::exists(Folder("out/student/pool")));
}

TEST_F(RunTest, ASignalEndsTheRunAfterTheRoundAndItGoesOnFromThere) {
  const std::string weights = WriteTinyTeacher(root_, {});
  ASSERT_OK(RunTiny(TinyFakeOnline(weights), Folder("whole")));
  for (const int signals : {1, 2}) {
    const std::string dir = Folder(absl::StrCat("stopped-", signals));
    const std::string spec =
        TinyFakeOnline(weights, absl::StrCat("stop_in_round: 1 stop_signals: ", signals));
    const absl::Status stopped = RunTiny(spec, dir).status();
    EXPECT_EQ(ExitCodeOf(stopped), kExitStopped) << stopped;
    EXPECT_THAT(stopped, StatusMessageHas(signals == 1 ? "stopped after round 2 of 3"
                                                       : "round 2 of 3: stopped"));
    ClearStop();
    // Two signals gave round 1 up, so it is done again and stops once more.
    if (signals == 2) continue;
    ASSERT_OK(RunTiny(spec, dir));
    EXPECT_EQ(LastingContent(dir)["student/last.safetensors"],
              LastingContent(Folder("whole"))["student/last.safetensors"]);
  }
}

TEST_F(RunTest, AFinishedFolderGivesItsSummaryAtOnce) {
  const std::string spec = TinyNayer(WriteTinyTeacher(root_, {}));
  ASSERT_OK_AND_ASSIGN(const RunSummary first, RunTiny(spec, Folder("out")));
  FaultInjectingFileSystem files(FileSystem::Posix(), 2, Fault::kNoSpace);
  ASSERT_OK_AND_ASSIGN(const RunSummary second, RunTiny(spec, Folder("out"), &files));
  EXPECT_EQ(SummaryToJson(first), SummaryToJson(second));
}

TEST_F(RunTest, RefusesTheFolderOfAnotherExperiment) {
  const std::string spec = TinyNayer(WriteTinyTeacher(root_, {}));
  ASSERT_OK(RunTiny(spec, Folder("out")));
  const std::string other =
      absl::StrReplaceAll(spec, {{"steps_per_epoch: 2", "steps_per_epoch: 3"}});
  const absl::Status status = RunTiny(other, Folder("out")).status();
  EXPECT_EQ(ExitCodeOf(status), kExitBadConfig);
  EXPECT_THAT(status, StatusMessageHas("holds a run of another experiment"));
  EXPECT_THAT(status, StatusMessageHas("student.steps_per_epoch: 2 -> 3"));
}

TEST_F(RunTest, RefusesAFolderThatIsNoRuns) {
  const std::string spec = TinyNayer(WriteTinyTeacher(root_, {}));
  const absl::Status status = RunTiny(spec, root_).status();
  EXPECT_EQ(ExitCodeOf(status), kExitBadConfig);
  EXPECT_THAT(status, StatusMessageHas("is not empty (teacher.safetensors) and no run of dfkd"));
}

TEST_F(RunTest, RefusesAFolderInUse) {
  const std::string spec = TinyNayer(WriteTinyTeacher(root_, {}));
  std::filesystem::create_directories(Folder("out"));
  ASSERT_OK_AND_ASSIGN(const auto lock, DirectoryLock::Acquire(Folder("out")));
  EXPECT_EQ(ExitCodeOf(RunTiny(spec, Folder("out")).status()), kExitStorage);
}

TEST_F(RunTest, StopsOnTheFirstNanAndNamesIt) {
  const std::string spec = absl::StrReplaceAll(TinyNayer(WriteTinyTeacher(root_, {})),
                                               {{"learning_rate: 0.1", "learning_rate: 1e30"}});
  const absl::Status status = RunTiny(spec, Folder("out")).status();
  EXPECT_EQ(ExitCodeOf(status), kExitDiverged) << status;
  EXPECT_THAT(status, StatusMessageHas("student, round 2 of 4: student step 1: "));
}

TEST_F(RunTest, NamesTheStepInWhichLibTorchThrows) {
  const std::string spec = TinyFakeOnline(WriteTinyTeacher(root_, {}), "throw_in_round: 1");
  const absl::Status status = RunTiny(spec, Folder("out")).status();
  EXPECT_EQ(ExitCodeOf(status), kExitInternal);
  EXPECT_THAT(status,
              StatusMessageIs("student, round 2 of 3: step 3: LibTorch: sizes do not match"));
}

TEST_F(RunTest, NamesTheWeightFileThatIsMissing) {
  const absl::Status status =
      RunTiny(TinyNayer(Folder("absent.safetensors")), Folder("out")).status();
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput);
  EXPECT_THAT(status, StatusMessageHas("absent.safetensors"));
}

TEST_F(RunTest, RefusesWeightsOfAnotherArchitecture) {
  const std::string spec =
      absl::StrReplaceAll(TinyNayer(WriteTinyTeacher(root_, {})),
                          {{"depth: 10 base_width: 4", "depth: 10 base_width: 8"}});
  const absl::Status status = RunTiny(spec, Folder("out")).status();
  EXPECT_EQ(ExitCodeOf(status), kExitBadInput) << status;
  EXPECT_THAT(status, StatusMessageHas("conv1.weight"));
}

}  // namespace
}  // namespace dfkd

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  gflags::ParseCommandLineFlags(&argc, &argv, true);
  if (!FLAGS_child_spec.empty()) {
    dfkd::FaultInjectingFileSystem files(dfkd::PosixWithoutSync(), FLAGS_child_kill_at,
                                         dfkd::Fault::kKilled);
    return dfkd::ExitCodeOf(dfkd::RunTiny(FLAGS_child_spec, FLAGS_child_dir, &files).status());
  }
  return RUN_ALL_TESTS();
}
