// Event files that TensorBoard opens: records of length, checksum, message, checksum (the framing
// of TFRecord), each holding one Event.
#ifndef DFKD_REPORT_TENSORBOARD_H_
#define DFKD_REPORT_TENSORBOARD_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "dfkd/report/metrics_row.h"

namespace dfkd {

// TensorBoard shows one section per prefix before the slash: "loss_bn_stat" becomes
// "loss/bn_stat", likewise seconds_, test_ and validation_; what has none of these goes to "run/".
std::string TensorBoardTag(absl::string_view metric);

// The record that a file begins with.
std::string TensorBoardFileHeader();
// One event with all values of the row. wall_time in seconds.
std::string TensorBoardScalars(int64_t step, double wall_time, const MetricsRow& row);
// png: an RGB picture of height x width.
std::string TensorBoardImage(int64_t step, double wall_time, absl::string_view tag,
                             absl::string_view png, int64_t height, int64_t width);

}  // namespace dfkd

#endif  // DFKD_REPORT_TENSORBOARD_H_
