#include "dfkd/study/processes.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "dfkd/core/status.h"
#include "dfkd/core/stop.h"

namespace dfkd {
namespace {

constexpr absl::Duration kPoll = absl::Milliseconds(20);
constexpr std::streamoff kTailBytes = 1 << 14;
constexpr size_t kLongestLine = 400;
constexpr int kCannotExecute = 127;  // as a shell has it

absl::Status SystemError(absl::string_view what) {
  return StorageError(absl::StrCat(what, ": ", strerror(errno)));
}

std::string LastLine(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return "";
  const std::streamoff size = file.tellg();
  const std::streamoff from = std::max<std::streamoff>(0, size - kTailBytes);
  std::string tail(static_cast<size_t>(size - from), '\0');
  file.seekg(from);
  file.read(tail.data(), static_cast<std::streamsize>(tail.size()));
  const absl::string_view text = absl::StripTrailingAsciiWhitespace(tail);
  const size_t line = text.find_last_of("\n\r");
  return std::string(text.substr(line == text.npos ? 0 : line + 1).substr(0, kLongestLine));
}

// Between fork and exec only what is safe after a fork in a program of several threads.
[[noreturn]] void BecomeChild(char* const* arguments, int console, int input, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(kCannotExecute);  // it died before that
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  dup2(input, STDIN_FILENO);
  dup2(console, STDOUT_FILENO);
  dup2(console, STDERR_FILENO);
  execv(arguments[0], arguments);
  constexpr char kMessage[] = "cannot execute the program\n";
  (void)!write(STDERR_FILENO, kMessage, sizeof(kMessage) - 1);
  _exit(kCannotExecute);
}

absl::StatusOr<pid_t> StartProcess(const ProcessJob& job) {
  const int console = open(job.console.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (console < 0) return SystemError(absl::StrCat("cannot write ", job.console));
  const absl::Cleanup close_console = [console] { close(console); };
  const int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (input < 0) return SystemError("cannot open /dev/null");
  const absl::Cleanup close_input = [input] { close(input); };
  std::vector<char*> arguments;
  for (const std::string& argument : job.arguments) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  const pid_t parent = getpid();
  // Held back until the child no longer has this program's handlers.
  sigset_t held, before;
  sigemptyset(&held);
  sigaddset(&held, SIGINT);
  sigaddset(&held, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &held, &before);
  const pid_t child = fork();
  if (child != 0) pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (child < 0) return SystemError(absl::StrCat("cannot start ", job.arguments[0]));
  if (child == 0) BecomeChild(arguments.data(), console, input, parent);
  return child;
}

struct Running {
  size_t job = 0;
  pid_t process = 0;
  absl::Time began;
};

class Pool {
 public:
  Pool(const std::vector<ProcessJob>& jobs, size_t parallel, const ProcessEvents& events)
      : jobs_(jobs), parallel_(parallel), events_(events) {}

  absl::Status Run() {
    absl::Status failed;  // to start one; those that run are waited for
    while (true) {
      while (failed.ok() && !StopRequested() && next_ < jobs_.size() &&
             running_.size() < parallel_) {
        failed = Start(next_++);
      }
      if (running_.empty()) break;
      PassSignalsOn();
      Collect();
      if (!running_.empty()) absl::SleepFor(kPoll);
    }
    DFKD_RETURN_IF_ERROR(failed);
    if (!StopRequested()) return absl::OkStatus();
    return StoppedError("stopped by a signal; run the same command again to resume");
  }

 private:
  absl::Status Start(size_t job) {
    DFKD_ASSIGN_OR_RETURN(const pid_t process, StartProcess(jobs_[job]));
    running_.push_back({job, process, absl::Now()});
    if (events_.started) events_.started(job);
    return absl::OkStatus();
  }

  // The first signal once to each, and so the second.
  void PassSignalsOn() {
    const int signals = !StopRequested() ? 0 : CheckStopNow().ok() ? 1 : 2;
    for (; passed_on_ < signals; ++passed_on_) {
      for (const Running& running : running_) kill(running.process, SIGTERM);
    }
  }

  void Collect() {
    for (size_t i = 0; i < running_.size();) {
      int status = 0;
      const pid_t ended = waitpid(running_[i].process, &status, WNOHANG);
      if (ended == 0 || (ended < 0 && errno == EINTR)) {
        ++i;
        continue;
      }
      const Running running = running_[i];
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
      ProcessEnd end;
      end.seconds = absl::ToDoubleSeconds(absl::Now() - running.began);
      if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
      if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
      end.last_line = LastLine(jobs_[running.job].console);
      if (events_.ended) events_.ended(running.job, end);
    }
  }

  const std::vector<ProcessJob>& jobs_;
  const size_t parallel_;
  const ProcessEvents& events_;
  size_t next_ = 0;
  std::vector<Running> running_;
  int passed_on_ = 0;
};

}  // namespace

std::string ProcessEnd::ToString() const {
  const std::string what =
      exit_code >= 0 ? absl::StrCat("exit code ", exit_code)
                     : absl::StrCat("killed by signal ", signal, " (", strsignal(signal), ")");
  return last_line.empty() ? what : absl::StrCat(what, ": ", last_line);
}

absl::Status RunProcesses(const std::vector<ProcessJob>& jobs, int parallel,
                          const ProcessEvents& events) {
  return Pool(jobs, static_cast<size_t>(std::max(1, parallel)), events).Run();
}

std::string ThisProgram() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

}  // namespace dfkd
