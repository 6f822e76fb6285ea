// Studies from file to report, with runs that are real, interrupted or failing.
#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "dfkd/core/embedded.h"
#include "dfkd/core/files.h"
#include "dfkd/core/status.h"
#include "dfkd/core/stop.h"
#include "dfkd/core/testing.h"
#include "dfkd/experiments/testing/program.h"
#include "dfkd/experiments/testing/tiny_run.h"
#include "dfkd/report/summary.h"
#include "dfkd/study/study_file.h"
#include "dfkd/study/study_runner.h"

namespace dfkd {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Folder(const std::string& name) { return JoinPath(::testing::TempDir(), name); }

std::string WriteText(const std::string& name, const std::string& text) {
  EXPECT_OK(WriteFileAtomically(FileSystem::Posix(), Folder(name), text));
  return Folder(name);
}

// Two arms without data, of runs that take a fraction of a second, and two seeds.
std::string TinyStudy(const std::string& more = "") {
  const std::string spec =
      WriteText("tiny.textproto", TinyNayer(WriteTinyTeacher(Folder("tiny_teacher"), {})));
  return WriteText(
      "tiny_study.textproto",
      absl::StrCat(
          "description: \"tiny\" claim: \"none\" threads: 1 seed: [ 0, 1 ] "
          "arm { name: \"rows\" spec: \"./tiny.textproto\" } "
          "arm { name: \"noise\" spec: \"./tiny.textproto\" "
          "      set: \"method.input.source=NOISE\" } "
          "measure { name: \"ce\" column: \"loss_cross_entropy\" statistic: AREA } "
          "rule { name: \"r\" measure: \"ce\" cell: \"rows\" than: \"noise\" less: true } ",
          more));
}

// The study's runs as bytes.
std::map<std::string, std::string> AllRuns(const std::string& dir) {
  std::map<std::string, std::string> content;
  for (const char* run : {"rows/seed-0", "rows/seed-1", "noise/seed-0", "noise/seed-1"}) {
    for (auto& [path, bytes] : LastingContent(JoinPath(dir, absl::StrCat("runs/", run)))) {
      content[absl::StrCat(run, "/", path)] = std::move(bytes);
    }
  }
  return content;
}

// The rows of study.csv, without those of its columns that hold seconds.
std::string Csv(const std::string& dir) { return *ReadFile(JoinPath(dir, "study.csv")); }

TEST(StudyRunTest, AStudyRunsFromFileToReport) {
  const Outcome outcome = Dfkd({"study", TinyStudy(), "--output_dir=whole"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("4 runs left, 1 at a time with 1 thread each"),
                                    HasSubstr("held: r"), HasSubstr("report: whole/study.html")));
  EXPECT_THAT(outcome.error, HasSubstr("4/4 runs"));
  EXPECT_THAT(Csv(Folder("whole")), HasSubstr("judge,noise,noise,1,finished,agreement,"));
  EXPECT_THAT(*ReadFile(Folder("whole/study.md")), HasSubstr("## Rules fixed beforehand"));
  EXPECT_THAT(*ReadFile(Folder("whole/study.html")), HasSubstr("<polyline"));
  EXPECT_THAT(*ReadFile(Folder("whole/study_table.csv")), HasSubstr("\r\nnoise,noise,noise,"));
  EXPECT_THAT(*ReadFile(Folder("whole/study_rules.csv")),
              HasSubstr("held,ce: rows − noise less than 0"));
  EXPECT_THAT(*ReadFile(Folder("whole/runs/rows/seed-1/command.txt")),
              HasSubstr("--set=train.seed=1"));

  // Nothing is run again, and the report is the same.
  const std::string csv = Csv(Folder("whole"));
  const auto before = std::filesystem::last_write_time(Folder("whole/runs/rows/seed-0.log"));
  const Outcome again = Dfkd({"study", TinyStudy(), "--output_dir=whole"});
  EXPECT_EQ(again.exit_code, 0) << again.error;
  EXPECT_EQ(Csv(Folder("whole")), csv);
  EXPECT_EQ(std::filesystem::last_write_time(Folder("whole/runs/rows/seed-0.log")), before);

  // More seeds go on where it stands; other rules are another study.
  const Outcome more = Dfkd({"study", TinyStudy(), "--output_dir=whole", "--seeds=0,1,2"});
  EXPECT_EQ(more.exit_code, 0) << more.error;
  EXPECT_THAT(more.output, HasSubstr("2 runs left"));
  const Outcome other = Dfkd({"study", TinyStudy("baseline: \"noise\""), "--output_dir=whole"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.error, AllOf(HasSubstr("whole holds another study"),
                                 HasSubstr("baseline: absent -> \"noise\"")));
}

TEST(StudyRunTest, InParallelItComesToTheSame) {
  const std::string study = TinyStudy();
  ASSERT_EQ(Dfkd({"study", study, "--output_dir=turn", "--noestimate"}).exit_code, 0);
  ASSERT_EQ(
      Dfkd({"study", study, "--output_dir=parallel", "--noestimate", "--parallel=3"}).exit_code, 0);
  EXPECT_EQ(AllRuns(Folder("parallel")), AllRuns(Folder("turn")));
}

TEST(StudyRunTest, SomeCellsRunNowAndTheOthersLater) {
  const std::string study = TinyStudy();
  const Outcome some = Dfkd({"study", study, "--output_dir=some", "--cells=noise", "--seeds=1"});
  ASSERT_EQ(some.exit_code, 0) << some.error;
  EXPECT_THAT(some.output, AllOf(HasSubstr("1 runs left"), HasSubstr("not judged: r")));
  EXPECT_THAT(some.error, HasSubstr("1/1 runs"));
  EXPECT_THAT(Csv(Folder("some")), AllOf(HasSubstr("judge,noise,noise,1,finished,agreement,"),
                                         HasSubstr("judge,rows,rows,1,not run,")));
  EXPECT_FALSE(FileExists(Folder("some/runs/rows")));
  const Outcome listed = Dfkd({"study", study, "--dry_run", "--cells=rows"});
  EXPECT_THAT(listed.output, AllOf(HasSubstr("2 runs"), Not(HasSubstr("noise"))));
  // Which cells are run at a time is no part of the study.
  const Outcome rest = Dfkd({"study", study, "--output_dir=some", "--noestimate"});
  ASSERT_EQ(rest.exit_code, 0) << rest.error;
  ASSERT_EQ(Dfkd({"study", study, "--output_dir=at-once", "--noestimate"}).exit_code, 0);
  EXPECT_EQ(AllRuns(Folder("some")), AllRuns(Folder("at-once")));
  EXPECT_THAT(rest.output, HasSubstr("held: r"));

  const Outcome unknown = Dfkd({"study", study, "--cells=rows,noises"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_THAT(unknown.error, HasSubstr("--cells is \"noises\", which is none of rows, noise; did "
                                       "you mean \"noise\"?"));
}

// Starts the study, and sends it the signal once its first run has begun.
int StartAndInterrupt(const std::string& study, const std::string& dir, int signal) {
  const std::string program = std::filesystem::absolute("dfkd/experiments/dfkd").string();
  const std::string output = absl::StrCat("--output_dir=", dir);
  const pid_t child = fork();
  if (child == 0) {
    execl(program.c_str(), program.c_str(), "study", study.c_str(), output.c_str(), "--noestimate",
          nullptr);
    _exit(127);
  }
  const std::string begun = JoinPath(dir, "runs/rows/seed-0/student/metrics.csv");
  int status = 0;
  while (access(begun.c_str(), F_OK) != 0 && waitpid(child, &status, WNOHANG) == 0) usleep(1000);
  kill(child, signal);
  waitpid(child, &status, 0);
  return status;
}

TEST(StudyRunTest, InterruptedAndResumedItComesToTheSame) {
  const std::string study = TinyStudy("set: \"train.epochs=20\"");
  const std::string whole = Folder("uninterrupted");
  ASSERT_EQ(Dfkd({"study", study, "--output_dir=uninterrupted", "--noestimate"}).exit_code, 0);
  for (const int signal : {SIGTERM, SIGKILL}) {
    const std::string dir = Folder(absl::StrCat("interrupted-", signal));
    const int status = StartAndInterrupt(study, dir, signal);
    if (signal == SIGTERM) {
      ASSERT_TRUE(WIFEXITED(status));
      EXPECT_EQ(WEXITSTATUS(status), 75);
      EXPECT_THAT(*ReadFile(JoinPath(dir, "study.csv")), HasSubstr("judge,noise,noise,1,not run,"));
    } else {
      ASSERT_TRUE(WIFSIGNALED(status));
    }
    const Outcome resumed = Dfkd({"study", study, "--output_dir=" + dir, "--noestimate"});
    EXPECT_EQ(resumed.exit_code, 0) << resumed.error;
    EXPECT_EQ(AllRuns(dir), AllRuns(whole)) << "after signal " << signal;
  }
}

// A program that does as dfkd does, but for runs with seed 1.
std::string Faulty(const std::string& instead) {
  const std::string path = WriteText(
      "faulty.sh",
      absl::StrCat("#!/bin/sh\ncase \"$*\" in *--set=train.seed=1*) ", instead, ";; esac\nexec '",
                   std::filesystem::absolute("dfkd/experiments/dfkd").string(), "' \"$@\"\n"));
  EXPECT_EQ(chmod(path.c_str(), 0755), 0);
  return path;
}

absl::StatusOr<StudyResults> RunIn(const std::string& folder, const std::string& study,
                                   const std::string& program,
                                   const std::vector<std::string>& cells = {}) {
  StudyOptions options;
  DFKD_ASSIGN_OR_RETURN(options.file, LoadStudy(study));
  options.output_dir = Folder(folder);
  options.cells = cells;
  options.command = "test";
  options.program = program;
  options.estimate = false;
  options.files = FileSystem::Posix();
  return RunStudy(options);
}

TEST(StudyRunTest, ARunThatFailsIsShownAndLosesNoOther) {
  const std::string study = TinyStudy();
  ASSERT_OK_AND_ASSIGN(
      const StudyResults failed,
      RunIn("faulty", study, Faulty("echo starting; echo 'round 2: loss_ce is NaN' >&2; exit 4")));
  const absl::Status status = FailureOf(failed);
  EXPECT_EQ(ExitCodeOf(status), kExitDiverged);
  EXPECT_THAT(status, StatusMessageIs("2 runs failed; the same command tries again. The first: "
                                      "runs/rows/seed-1: exit code 4: round 2: loss_ce is NaN"));
  EXPECT_EQ(failed.cells[1].runs[0].state, RunState::kFinished);
  EXPECT_EQ(Judge(failed.study.rule(0), failed).verdict, Verdict::kNotJudged);
  EXPECT_THAT(*ReadFile(Folder("faulty/study.md")), HasSubstr("## Runs that failed"));

  // Once the cause is gone, the same call does what is missing.
  ASSERT_OK_AND_ASSIGN(const StudyResults mended, RunIn("faulty", study, Faulty(":")));
  EXPECT_OK(FailureOf(mended));
  EXPECT_NE(Judge(mended.study.rule(0), mended).verdict, Verdict::kNotJudged);
}

TEST(StudyRunTest, AValueIsChosenOnSeedsOfItsOwn) {
  // With its learning rate at nothing a student does not agree with its teacher any more than one
  // that learns; the first of equals is taken otherwise.
  const std::string study = TinyStudy(
      "factor { name: \"rate\" arm: \"rows\" "
      "  value { name: \"none\" set: \"student.optimizer.learning_rate=1e-12\" } "
      "  value { name: \"some\" set: \"student.optimizer.learning_rate=0.1\" } } "
      "choose { factor: \"rate\" seed: 10 column: \"loss_student_distill_kl\" least: true } ");
  ASSERT_OK_AND_ASSIGN(const StudyResults results, RunIn("chosen", study, Faulty(":")));
  ASSERT_EQ(results.choices.size(), 1u);
  const StudyChoiceResult& choice = results.choices[0];
  ASSERT_GE(choice.chosen, 0);
  const int other = 1 - choice.chosen;
  EXPECT_LE(*choice.candidates[choice.chosen].runs[0].choice,
            *choice.candidates[other].runs[0].choice);
  EXPECT_EQ(results.cells[0].cell.folder, choice.candidates[choice.chosen].cell.folder);
  EXPECT_EQ(results.cells[0].cell.name, "rows");
  EXPECT_TRUE(FileExists(
      Folder(absl::StrCat("chosen/runs/", results.cells[0].cell.folder, "/seed-1/report.html"))));
  EXPECT_FALSE(FileExists(
      Folder(absl::StrCat("chosen/runs/", choice.candidates[other].cell.folder, "/seed-1"))));
}

TEST(StudyRunTest, ValuesThatWereChosenForOtherCellsStay) {
  const std::string study = TinyStudy(
      "factor { name: \"rate\" value { name: \"a\" set: \"student.optimizer.learning_rate=0.01\" } "
      "                        value { name: \"b\" set: \"student.optimizer.learning_rate=0.1\" } "
      "} "
      "choose { factor: \"rate\" seed: 10 column: \"loss_student_distill_kl\" } ");
  ASSERT_OK_AND_ASSIGN(StudyResults results, RunIn("chosen-some", study, Faulty(":"), {"noise"}));
  EXPECT_EQ(results.choices[0].chosen, -1);
  EXPECT_EQ(results.cells[0].runs[0].state, RunState::kNotRun);
  EXPECT_EQ(results.cells[1].runs[0].state, RunState::kFinished);
  const std::string chosen = results.cells[1].cell.folder;

  ASSERT_OK_AND_ASSIGN(results, RunIn("chosen-some", study, Faulty(":"), {"rows"}));
  EXPECT_OK(FailureOf(results));
  EXPECT_GE(results.choices[0].chosen, 0);
  EXPECT_EQ(results.cells[0].runs[0].state, RunState::kFinished);
  EXPECT_EQ(results.cells[1].cell.folder, chosen);
  EXPECT_EQ(results.cells[1].runs[0].state, RunState::kFinished);
}

TEST(StudyRunTest, AMeasureOfTheAnalysisIsTakenByEachCell) {
  constexpr char kMeasure[] =
      "measure { name: \"fresh\" analysis: \"diversity.new_to_pool\" } "
      "rule { name: \"new\" kind: LEVEL measure: \"fresh\" cell: \"rows\" } ";
  const auto taken = [&](const char* type) {
    return absl::StrCat("set: \"evaluation.measures=[{[type.googleapis.com/dfkd.", type, "] {",
                        "}}]\" ", kMeasure);
  };
  const Outcome without = Dfkd({"study", TinyStudy(kMeasure), "--dry_run"});
  EXPECT_EQ(without.exit_code, 2);
  EXPECT_THAT(without.error,
              HasSubstr("cell rows: measure fresh reads diversity.new_to_pool, but "
                        "evaluation.measures has none; set evaluation.measures in the study so "
                        "that its runs take diversity"));
  const Outcome another = Dfkd({"study", TinyStudy(taken("ClassCrossEntropyConfig")), "--dry_run"});
  EXPECT_THAT(another.error, HasSubstr("but evaluation.measures has class_cross_entropy;"));

  ASSERT_OK_AND_ASSIGN(const StudyResults results,
                       RunIn("analysed", TinyStudy(taken("DiversityConfig")), Faulty(":")));
  const Spread fresh = results.cells[0].Measure("fresh");
  EXPECT_EQ(fresh.count, 2);
  EXPECT_GT(fresh.mean, 0);
  EXPECT_EQ(Judge(results.study.rule(1), results).verdict, Verdict::kHeld);
}

TEST(StudyRunTest, AColumnToChooseByThatNoRunHasIsTheStudysFault) {
  const std::string study = TinyStudy(
      "factor { name: \"rate\" arm: \"rows\" "
      "  value { name: \"low\" set: \"student.optimizer.learning_rate=0.01\" } "
      "  value { name: \"high\" set: \"student.optimizer.learning_rate=0.1\" } } "
      "choose { factor: \"rate\" seed: 10 column: \"loss_student_distil_kl\" } ");
  ASSERT_OK_AND_ASSIGN(const StudyResults results, RunIn("unchosen", study, Faulty(":")));
  const StudyRun& candidate = results.choices[0].candidates[0].runs[0];
  EXPECT_EQ(candidate.state, RunState::kFinished);
  EXPECT_THAT(candidate.notes, Contains(HasSubstr("did you mean \"loss_student_distill_kl\"?")));
  EXPECT_EQ(results.choices[0].chosen, -1);
  const absl::Status status = FailureOf(results);
  EXPECT_EQ(ExitCodeOf(status), kExitBadConfig);
  EXPECT_THAT(status, StatusMessageIs(
                          "2 runs failed; the same command tries again. The first: rows: no value "
                          "was chosen for it: metrics.csv of runs/rows_low/seed-10 has no value of "
                          "loss_student_distil_kl; set choose.column to a column that it has, and "
                          "choose another --output_dir"));
}

// A teacher for both arms and both seeds, trained once.
TEST(StudyRunTest, OneTeacherServesAllRuns) {
  const std::string teacher =
      WriteText("hasty_teacher.textproto", "base: \"digits_teacher\" train { epochs: 1 }");
  for (const char* name : {"digits_kd", "digits_noise"}) {
    WriteText(absl::StrCat("hasty_", name, ".textproto"),
              absl::StrCat("base: \"", name, "\" teacher { from: \"", teacher,
                           "\" } evaluation { floor: \"digits_noise\" } student { "
                           "steps_per_epoch: 4 } train { epochs: 1 }"));
  }
  const std::string study = WriteText(
      "shared.textproto",
      "description: \"d\" claim: \"c\" threads: 1 seed: [ 3, 4 ] teacher_seed: 7 "
      "arm { name: \"real\" spec: \"./hasty_digits_kd.textproto\" } "
      "arm { name: \"noise\" spec: \"./hasty_digits_noise.textproto\" role: FLOOR seed: 3 } ");
  const Outcome outcome = Dfkd({"study", study, "--output_dir=shared", "--parallel=2"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_THAT(outcome.error, HasSubstr("4/4 runs"));
  const std::string weights = "teachers/hasty_teacher/seed-7/student/last.safetensors";
  EXPECT_TRUE(FileExists(Folder("shared/" + weights)));
  for (const char* run : {"real/seed-3", "real/seed-4", "noise/seed-3"}) {
    const std::string dir = Folder(absl::StrCat("shared/runs/", run));
    EXPECT_THAT(*ReadFile(JoinPath(dir, "resolved.textproto")), HasSubstr(weights));
    // Its line is the teacher's accuracy as measured; floors are arms in a study.
    ASSERT_OK_AND_ASSIGN(const RunSummary summary, ReadSummary(dir));
    ASSERT_EQ(summary.stages.size(), 2u);
    EXPECT_EQ(summary.stages[0].role, StageRole::kTeacher);
  }
  EXPECT_THAT(*ReadFile(Folder("shared/study.md")),
              HasSubstr("| teachers/hasty_teacher/seed-7 | 7 |"));
}

TEST(StudyRunTest, EveryCellIsCheckedBeforeAnythingRuns) {
  const Outcome outcome = Dfkd({"study",
                                TinyStudy("arm { name: \"bad\" spec: \"./tiny.textproto\" "
                                          "set: \"method.batch_size=1\" }"),
                                "--output_dir=unchecked"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.error, HasSubstr("cell bad: method.NayerConfig.batch_size is 1; must be in"));
  EXPECT_FALSE(FileExists(Folder("unchecked")));
  const Outcome seeds = Dfkd({"study", TinyStudy(), "--seeds=one"});
  EXPECT_EQ(seeds.exit_code, 2);
  EXPECT_THAT(seeds.error, HasSubstr("--seeds=one; must be numbers with commas: 0,1,2"));
}

// Counted, so that none is shipped or lost unseen.
TEST(StudyRunTest, EveryShippedStudyPassesTheCheck) {
  at::set_num_threads(1);  // networks of one image
  std::vector<std::string> names;
  for (const EmbeddedFile* file : ListEmbeddedFiles("study")) names.emplace_back(file->name);
  EXPECT_THAT(names, ::testing::ElementsAre(
                         "e1_inputs", "e2_noisy_layers", "e3_resolution", "e4_class_activation",
                         "e5_embedding_diversity", "e6_pool_and_steps", "e7_fair_speed",
                         "muse_figure5", "muse_figure5_shapes", "muse_figure6",
                         "muse_figure6_shapes", "muse_table10", "muse_table13", "muse_table14",
                         "muse_table3", "muse_table7", "muse_table8", "muse_table9", "smoke"));
  for (const std::string& name : names) {
    ASSERT_OK_AND_ASSIGN(const StudyFile file, LoadStudy(name));
    StudyOptions options;
    options.file = file;
    options.output_dir = Folder("none");
    const auto text = CheckStudyCells(options);
    EXPECT_OK(text) << name;
    EXPECT_FALSE(file.study.claim().empty());
  }
}

}  // namespace
}  // namespace dfkd
