// The command line: verbs, each with flags of its own, over gflags.
//
//   dfkd VERB [ARGUMENTS] [--flag=value …]      dfkd VERB --help
//
// An unknown verb or flag is exit 2 and names the nearest one. Flags may stand anywhere; `--` ends
// them. `--set` may be repeated.
#ifndef DFKD_EXPERIMENTS_COMMAND_LINE_H_
#define DFKD_EXPERIMENTS_COMMAND_LINE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace dfkd {

// What a verb was called with.
struct Invocation {
  std::vector<std::string> arguments;  // without flags
  std::vector<std::string> sets;       // values of --set, in order
  std::string command;                 // the whole line as typed, for command.txt
};

struct Verb {
  std::string name;
  std::string usage;               // "run [SPEC|NAME]"
  std::string summary;             // one line
  std::string details;             // paragraphs for --help
  std::vector<std::string> flags;  // gflags names, and "set"
  // What a flag means to this verb, where several share it (verbs/shared_flags.h) and its own
  // description is too general.
  std::map<std::string, std::string> flag_help = {};
  int min_arguments = 0;
  int max_arguments = 0;  // -1: any number
  // True where an absent first argument is the program's own experiment.
  bool takes_default_experiment = false;
  absl::Status (*run)(const Invocation&);
};

// Before main; see verbs/*.cc.
bool AddVerb(Verb verb);

// Null where there is none.
const Verb* FindVerb(const std::string& name);

// Runs the program and returns its exit code. `default_experiment` is the shipped spec that a
// headline target stands for, empty for `dfkd` itself: such a target runs it where no verb is
// given.
int RunCommandLine(int argc, char** argv, const std::string& default_experiment);

}  // namespace dfkd

#endif  // DFKD_EXPERIMENTS_COMMAND_LINE_H_
