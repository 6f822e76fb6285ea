// Flags that change a spec: shorthands for --set.
#ifndef DFKD_EXPERIMENTS_VERBS_SPEC_FLAGS_H_
#define DFKD_EXPERIMENTS_VERBS_SPEC_FLAGS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dfkd/core/resolve.h"
#include "dfkd/experiments/command_line.h"

namespace dfkd {

// For Verb::flags: set, seed, device, precision, threads.
std::vector<std::string> SpecFlags();

// Whether the user gave the flag.
bool IsFlagSet(const char* flag);

// What --device and --precision set, for --set.
std::vector<std::string> DeviceSets();

// The spec that the first argument names, with --set and the flags above laid over it.
absl::StatusOr<ResolvedSpec> ResolveFromCommandLine(const Invocation& invocation);

}  // namespace dfkd

#endif  // DFKD_EXPERIMENTS_VERBS_SPEC_FLAGS_H_
