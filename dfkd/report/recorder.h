// What a run writes for people: metrics.csv, TensorBoard events, sample pictures.
#ifndef DFKD_REPORT_RECORDER_H_
#define DFKD_REPORT_RECORDER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/core/files.h"
#include "dfkd/core/state.h"
#include "dfkd/report/metrics_row.h"

namespace dfkd {

// Writes into one stage's folder:
//   metrics.csv                       RFC 4180; every number reads back as the same double
//   events.out.tfevents.dfkd          the same numbers and the pictures, for TensorBoard
//   samples/NAME.png                  with the texts below
//
// Equal runs write equal bytes, seconds aside. So an event's wall_time is not the time of day but
// the row's "seconds_total": TensorBoard's "relative" axis is right, its dates read 1970.
//
// A run that was killed continues exactly: Save keeps how far the files were written, Restore takes
// them back to there. Without Restore the first write starts them anew.
class Recorder {
 public:
  static constexpr char kMetricsFile[] = "metrics.csv";
  static constexpr char kEventsFile[] = "events.out.tfevents.dfkd";
  static constexpr char kSamplesFolder[] = "samples";
  // Texts in a sample picture: the epoch, and the rows' titles as a JSON list of strings (absent
  // where the rows are no classes).
  static constexpr char kEpochText[] = "dfkd.epoch";
  static constexpr char kRowsText[] = "dfkd.rows";

  static absl::StatusOr<std::unique_ptr<Recorder>> Open(const std::string& dir, FileSystem* files);
  virtual ~Recorder() = default;

  // Titles of the rows of sample pictures; without them a row is titled by its class's number.
  virtual void SetClassNames(std::vector<std::string> names) = 0;

  // Epochs count from 1 here, as people do, and as in summary.json.
  //
  // A row of metrics.csv and the same scalars as one TensorBoard event at `epoch`. Columns:
  // "epoch", then names in alphabetical order, "seconds_*" last. An absent value leaves its cell
  // empty; a name that was not there before adds a column, empty in the rows above.
  virtual absl::Status WriteRow(int64_t epoch, const MetricsRow& row) = 0;
  // images [N, C, H, W] float in [0, 1] or uint8, N >= 1; labels [N] int64 or undefined. With
  // labels one class a row, ten images of each, 100 classes at most. samples/NAME.png and a
  // TensorBoard image; an existing picture of that name is replaced.
  virtual absl::Status WriteSamples(int64_t epoch, absl::string_view name, const at::Tensor& images,
                                    const at::Tensor& labels) = 0;
  // What was written survives a crash of the machine. Call before the checkpoint that holds Save's.
  virtual absl::Status Sync() = 0;

  virtual void Save(StateWriter writer) const = 0;
  virtual absl::Status Restore(const StateReader& reader) = 0;
};

}  // namespace dfkd

#endif  // DFKD_REPORT_RECORDER_H_
