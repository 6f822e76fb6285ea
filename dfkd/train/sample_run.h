// New images of a finished or unfinished run, as a picture with one class a row.
#ifndef DFKD_TRAIN_SAMPLE_RUN_H_
#define DFKD_TRAIN_SAMPLE_RUN_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/files.h"

namespace dfkd {

struct SampleOptions {
  Experiment spec;      // the run's, resolved
  std::string run_dir;  // nothing in it is changed
  int64_t count = 100;  // in all; each class gets as many as any other, or one more
  // By name; empty: all. Their order is that of the rows.
  std::vector<std::string> classes;
  uint64_t seed = 0;
};

struct SampledImages {
  at::Tensor images;  // [N, C, H, W], float in [0, 1] or uint8
  at::Tensor labels;  // [N]; -1 where the method does not know them
  std::vector<std::string> class_names;
  int64_t round = 0;   // rounds that the run had done
  std::string source;  // for people: what made them
};

// From the method in the state of the last checkpoint, where it can make images of chosen classes;
// else the newest of the run's pool, and `source` says so. ConfigError where there are neither;
// InputFileError where the folder holds no checkpoint.
absl::StatusOr<SampledImages> SampleRun(const SampleOptions& options);

// The CSV beside the picture `path`, of the same stem: row, class, name, images. ConfigError where
// that is `path` itself, or another's table lies there.
absl::StatusOr<std::string> SampleRowsPath(const std::string& path);

// `path` as PNG (its text "dfkd.rows" names the classes of the rows), and the CSV. Returns its
// path.
absl::StatusOr<std::string> WriteSampleGrid(FileSystem* files, const SampledImages& samples,
                                            const std::string& path);

}  // namespace dfkd

#endif  // DFKD_TRAIN_SAMPLE_RUN_H_
