// Where and how a verb computes: --device, --precision, --threads, --batch_size.
#ifndef DFKD_EXPERIMENTS_VERBS_COMPUTE_FLAGS_H_
#define DFKD_EXPERIMENTS_VERBS_COMPUTE_FLAGS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dfkd/train/compute.h"

namespace dfkd {

// For Verb::flags.
std::vector<std::string> ComputeFlags();
// `flags` and ComputeFlags().
std::vector<std::string> WithComputeFlags(std::vector<std::string> flags);

// What the flags say; sets the number of threads.
absl::StatusOr<Compute> ComputeFromCommandLine();

}  // namespace dfkd

#endif  // DFKD_EXPERIMENTS_VERBS_COMPUTE_FLAGS_H_
