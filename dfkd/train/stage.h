// One training inside a run: the teacher, a floor, or the distilled student. Counts rounds,
// evaluates, records, checkpoints, stops, resumes.
#ifndef DFKD_TRAIN_STAGE_H_
#define DFKD_TRAIN_STAGE_H_

#include <c10/core/Device.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/files.h"
#include "dfkd/report/summary.h"
#include "dfkd/train/teacher.h"

namespace dfkd {

struct StageOptions {
  std::string name;                  // "teacher", "student", a floor's name
  std::string dir;                   // RUN_DIR/NAME
  Experiment spec;                   // resolved and checked
  const Teacher* teacher = nullptr;  // null for supervised training; on `device`
  at::Device device = at::kCPU;      // one that OpenDevice gave (core/device.h)
  FileSystem* files = nullptr;
  bool resume = true;  // false: start anew even where a checkpoint lies
};

struct StageResult {
  StageSummary summary;
  // DIR/last.safetensors
  std::string weights;
};

// Runs to the end, or returns StoppedError, DivergedError, StorageError …. Calling it again goes on
// from the last checkpoint; a finished stage returns at once what it returned before.
absl::StatusOr<StageResult> RunStage(const StageOptions& options);

}  // namespace dfkd

#endif  // DFKD_TRAIN_STAGE_H_
