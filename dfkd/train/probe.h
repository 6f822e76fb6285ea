// A few steps of one stage, timed; what EstimateRun is made of.
#ifndef DFKD_TRAIN_PROBE_H_
#define DFKD_TRAIN_PROBE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/files.h"
#include "dfkd/train/estimate.h"
#include "dfkd/train/teacher.h"

namespace dfkd {

struct ProbeOptions {
  std::string name;                  // of the stage
  Experiment spec;                   // resolved and checked
  const Teacher* teacher = nullptr;  // null for supervised training
  at::Device device = at::kCPU;      // the teacher's
  std::string scratch;               // a folder for files that nobody keeps
  FileSystem* files = nullptr;
  std::function<absl::Time()> now = absl::Now;
};

absl::StatusOr<StageEstimate> ProbeStage(const ProbeOptions& options);

// How often a stage of so many epochs evaluates.
int64_t EvaluationsIn(int64_t epochs, int64_t every);

}  // namespace dfkd

#endif  // DFKD_TRAIN_PROBE_H_
