// The folder of a run as a verb's argument.
#ifndef DFKD_EXPERIMENTS_VERBS_RUN_ARGUMENT_H_
#define DFKD_EXPERIMENTS_VERBS_RUN_ARGUMENT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/experiments/command_line.h"

namespace dfkd {

struct RunArgument {
  std::string dir;
  std::string spec_file;
  // As the run had it, but for --device, --precision and --threads: its own seed stays, as what it
  // drew from it, such as the rows of an encoder, stays.
  Experiment spec;
  uint64_t seed = 0;  // --seed, else the run's: of what the verb draws
};

// The first argument. InputFileError where it is no run's folder. --set is left to the verb.
absl::StatusOr<RunArgument> ReadRunArgument(const Invocation& invocation);

}  // namespace dfkd

#endif  // DFKD_EXPERIMENTS_VERBS_RUN_ARGUMENT_H_
