// What a run writes for people: metrics.csv, TensorBoard events, sample pictures.
#ifndef DFKD_REPORT_RECORDER_H_
#define DFKD_REPORT_RECORDER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/files.h"
#include "dfkd/core/state.h"

namespace dfkd {

// One row of metrics.csv, by column name.
using MetricsRow = std::map<std::string, double>;

// Means of values over a round. Tensors are summed where they lie, without a synchronisation.
class RoundMeans {
 public:
  // value: a scalar tensor (detached here) or a number.
  void Add(absl::string_view name, const at::Tensor& value);
  void Add(absl::string_view name, double value);
  // Means so far; then empty again.
  MetricsRow Take();

 private:
  struct Sum {
    at::Tensor tensor;
    double number = 0;
    int64_t count = 0;
  };
  std::map<std::string, Sum> sums_;
};

// Writes into one stage's folder. What was written up to a checkpoint is found again: Save keeps the
// files' lengths, Restore truncates them to these.
class Recorder {
 public:
  // Columns are fixed by the first row; "epoch" comes first, then names in alphabetical order with
  // "seconds_*" last.
  static absl::StatusOr<std::unique_ptr<Recorder>> Open(const std::string& dir, FileSystem* files);
  virtual ~Recorder() = default;

  // A row of metrics.csv and the same scalars as TensorBoard events at `epoch`. An absent value
  // leaves its cell empty. Seconds in events' wall_time come from the row's "seconds_total".
  virtual absl::Status WriteRow(int64_t epoch, const MetricsRow& row) = 0;
  // images [N, C, H, W] float in [0, 1] or uint8; labels [N] or undefined (sorted by class then, one
  // class a row). samples/NAME.png and a TensorBoard image.
  virtual absl::Status WriteSamples(int64_t epoch, absl::string_view name, const at::Tensor& images,
                                    const at::Tensor& labels) = 0;
  virtual absl::Status Sync() = 0;

  virtual void Save(StateWriter writer) const = 0;
  virtual absl::Status Restore(const StateReader& reader) = 0;
};

}  // namespace dfkd

#endif  // DFKD_REPORT_RECORDER_H_
