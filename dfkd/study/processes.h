// Programs run as child processes, so that what ends one of them ends only that one.
#ifndef DFKD_STUDY_PROCESSES_H_
#define DFKD_STUDY_PROCESSES_H_

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace dfkd {

struct ProcessJob {
  std::vector<std::string> arguments;  // the program's path, then what it is called with
  std::string console;                 // both of its outputs are appended to this file
};

struct ProcessEnd {
  int exit_code = -1;  // -1: ended by `signal`
  int signal = 0;
  double seconds = 0;
  std::string last_line;  // the console's last line that is not blank

  bool ok() const { return exit_code == 0; }
  // "exit code 4: generator: loss_bn_stat is NaN", "killed by signal 9 (Killed)".
  std::string ToString() const;
};

struct ProcessEvents {
  std::function<void(size_t job)> started;
  std::function<void(size_t job, const ProcessEnd& end)> ended;
};

// Runs the jobs in their order, `parallel` at a time; `events.ended` is called once for each. No
// shell is involved, and nothing is read from the standard input. A job that fails ends nothing
// else.
//
// SIGINT and SIGTERM (core/stop.h) start no more jobs and are passed on to those that run, a second
// one too; when they have ended, StoppedError. Children stand in a group of their own, so that ^C
// reaches them once; and should this program be killed, they get a SIGTERM.
//
// StorageError where a console cannot be written or a process not be made.
absl::Status RunProcesses(const std::vector<ProcessJob>& jobs, int parallel,
                          const ProcessEvents& events);

// The path of this program.
std::string ThisProgram();

}  // namespace dfkd

#endif  // DFKD_STUDY_PROCESSES_H_
