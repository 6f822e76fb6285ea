// A run's folder, opened as it is now: its method and student in the state of the last checkpoint.
#ifndef DFKD_TRAIN_OPEN_RUN_H_
#define DFKD_TRAIN_OPEN_RUN_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/report/progress.h"
#include "dfkd/train/assembly.h"
#include "dfkd/train/machine.h"
#include "dfkd/train/teacher.h"

namespace dfkd {

struct OpenRunOptions {
  Experiment spec;      // the run's, resolved
  std::string run_dir;  // nothing in it is changed
  // False: the data set is opened only where the method needs it for everything.
  bool with_data = false;
};

// A copy, which may be changed: the run does not notice.
struct OpenedRun {
  Experiment spec;  // as opened: perhaps without data
  std::string stage_dir;
  int64_t round = 0;  // rounds that the run had done
  Machine machine;
  std::unique_ptr<Teacher> teacher;    // as the run had it; null where it has none
  std::unique_ptr<Progress> progress;  // shown nowhere
  std::unique_ptr<Assembly> parts;
};

// InputFileError where the folder holds no checkpoint. Opens the machine's device, which must come
// before a program's first convolution (core/device.h).
absl::StatusOr<std::unique_ptr<OpenedRun>> OpenRun(const OpenRunOptions& options);

}  // namespace dfkd

#endif  // DFKD_TRAIN_OPEN_RUN_H_
