// Judges an experiment before anything runs: what each part needs against what the others give.
#ifndef DFKD_TRAIN_CHECK_H_
#define DFKD_TRAIN_CHECK_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/contract.h"
#include "dfkd/core/experiment.pb.h"

namespace dfkd {

// What a run will make and need; 0 where it cannot be known without data or weights.
struct ExperimentCost {
  int64_t images = 0;            // synthesised
  int64_t teacher_forwards = 0;  // images through the teacher
  int64_t student_steps = 0;
  int64_t pool_bytes = 0;  // on disk, and in memory
  int64_t peak_bytes = 0;  // an estimate of the process's memory, and its pool
  bool measured = false;   // peak_bytes was measured, not estimated
};

// ConfigError with the path of what is missing. Field rules are checked by ResolveSpec.
absl::StatusOr<ExperimentCost> CheckExperiment(const Experiment& spec);

// What the experiment's method, teacher and data give to whoever needs it.
absl::StatusOr<Capabilities> GivenCapabilities(const Experiment& spec);
// ConfigError "WHO: real data needed, ..." for what is missing.
absl::Status CheckNeeds(Capabilities needs, Capabilities given, absl::string_view who);

// Refuses what does not fit: a pool larger than the free memory or than the free disk at `dir`.
absl::Status CheckResources(const ExperimentCost& cost, const std::string& dir);

std::string DescribeCost(const ExperimentCost& cost);

}  // namespace dfkd

#endif  // DFKD_TRAIN_CHECK_H_
