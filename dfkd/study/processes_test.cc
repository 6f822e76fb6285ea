#include "dfkd/study/processes.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/files.h"
#include "dfkd/core/status.h"
#include "dfkd/core/stop.h"
#include "dfkd/core/testing.h"

namespace dfkd {
namespace {

using ::testing::ElementsAre;

class ProcessesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = JoinPath(::testing::TempDir(), "processes");
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    ClearStop();
  }
  void TearDown() override { ClearStop(); }

  // A job that runs these lines of a shell.
  ProcessJob Shell(const std::string& lines) {
    return {{"/bin/sh", "-c", lines}, JoinPath(folder_, "console.log")};
  }

  std::string Console() { return *ReadFile(JoinPath(folder_, "console.log")); }

  std::vector<ProcessEnd> Run(const std::vector<ProcessJob>& jobs, int parallel = 1) {
    std::vector<ProcessEnd> ends(jobs.size());
    EXPECT_OK(RunProcesses(jobs, parallel,
                           {.started = nullptr,
                            .ended = [&](size_t job, const ProcessEnd& end) { ends[job] = end; }}));
    return ends;
  }

  std::string folder_;
};

TEST_F(ProcessesTest, BothOutputsGoToTheConsoleAndNothingIsRead) {
  const std::vector<ProcessEnd> ends = Run({Shell("echo out; echo err >&2; cat; echo end")});
  EXPECT_TRUE(ends[0].ok());
  EXPECT_EQ(Console(), "out\nerr\nend\n");
  EXPECT_EQ(ends[0].last_line, "end");
}

TEST_F(ProcessesTest, ArgumentsReachTheProgramAsTheyAre) {
  Run({{{"/bin/echo", "a b", "$HOME", "x={y: \"z\"}", "'"}, JoinPath(folder_, "console.log")}});
  EXPECT_EQ(Console(), "a b $HOME x={y: \"z\"} '\n");
}

TEST_F(ProcessesTest, OneThatFailsEndsNoOther) {
  const std::vector<ProcessEnd> ends =
      Run({Shell("echo; echo the reason; echo; exit 4"),
           Shell("kill -9 $$"),
           Shell("echo third"),
           {{"/nowhere/program"}, JoinPath(folder_, "other.log")}});
  EXPECT_EQ(ends[0].ToString(), "exit code 4: the reason");
  EXPECT_EQ(ends[1].ToString(), "killed by signal 9 (Killed): the reason");
  EXPECT_TRUE(ends[2].ok());
  EXPECT_EQ(ends[3].ToString(), "exit code 127: cannot execute the program");
}

// Each waits for what the other writes, so that neither would end alone.
TEST_F(ProcessesTest, SeveralRunAtATime) {
  const auto meet = [&](const char* mine, const char* other) {
    return Shell(
        absl::StrCat("cd ", folder_, "; : >", mine, "; while [ ! -e ", other, " ]; do :; done"));
  };
  const std::vector<ProcessEnd> ends = Run({meet("a", "b"), meet("b", "a")}, 2);
  EXPECT_TRUE(ends[0].ok());
  EXPECT_TRUE(ends[1].ok());
}

TEST_F(ProcessesTest, InTurnTheyKeepTheirOrder) {
  Run({Shell("echo 1"), Shell("echo 2"), Shell("echo 3")});
  EXPECT_EQ(Console(), "1\n2\n3\n");
}

TEST_F(ProcessesTest, ASignalIsPassedOnAndNoMoreAreStarted) {
  // Ends with 75 at a SIGTERM, as a run does; the signal comes when it is ready for it.
  const std::string waits =
      absl::StrCat("trap 'exit 75' TERM; : >", folder_, "/ready; while :; do sleep 0.01; done");
  std::vector<int> codes;
  const pid_t sender = fork();
  if (sender == 0) {
    const std::string ready = JoinPath(folder_, "ready");
    while (access(ready.c_str(), F_OK) != 0) usleep(1000);
    kill(getppid(), SIGTERM);
    _exit(0);
  }
  InstallStopHandlers();
  const absl::Status status = RunProcesses(
      {Shell(waits), Shell("echo never")}, 1,
      {.started = nullptr,
       .ended = [&](size_t, const ProcessEnd& end) { codes.push_back(end.exit_code); }});
  waitpid(sender, nullptr, 0);
  EXPECT_EQ(ExitCodeOf(status), kExitStopped);
  EXPECT_THAT(codes, ElementsAre(75));
  EXPECT_EQ(Console(), "");
}

TEST_F(ProcessesTest, AConsoleThatCannotBeWrittenIsSaid) {
  EXPECT_THAT(RunProcesses({{{"/bin/true"}, JoinPath(folder_, "absent/console.log")}}, 1, {}),
              StatusMessageHas("cannot write "));
}

}  // namespace
}  // namespace dfkd
