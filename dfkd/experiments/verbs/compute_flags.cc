#include "dfkd/experiments/verbs/compute_flags.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "dfkd/core/device.h"
#include "dfkd/core/status.h"
#include "gflags/gflags.h"

DECLARE_string(device);
DECLARE_string(precision);
DECLARE_int32(threads);
DEFINE_int32(batch_size, 256, "images of one forward pass");

namespace dfkd {

std::vector<std::string> ComputeFlags() { return {"batch_size", "device", "precision", "threads"}; }

std::vector<std::string> WithComputeFlags(std::vector<std::string> flags) {
  for (std::string& flag : ComputeFlags()) flags.push_back(std::move(flag));
  return flags;
}

absl::StatusOr<Compute> ComputeFromCommandLine() {
  TrainSpec::Precision precision;
  if (!TrainSpec::Precision_Parse(absl::AsciiStrToUpper(FLAGS_precision), &precision)) {
    return ConfigError(
        absl::StrCat("--precision=", FLAGS_precision, "; must be auto, fp32 or bf16"));
  }
  if (FLAGS_batch_size < 1) {
    return ConfigError(absl::StrCat("--batch_size=", FLAGS_batch_size, "; must be at least 1"));
  }
  if (FLAGS_threads < 0 || FLAGS_threads > kMaxThreads) {
    return ConfigError(
        absl::StrCat("--threads=", FLAGS_threads, "; must be in [0, ", kMaxThreads, "]"));
  }
  DFKD_ASSIGN_OR_RETURN(const at::Device device, OpenDevice(FLAGS_device, "--device"));
  SetThreads(FLAGS_threads);
  // Measurements are exact unless asked otherwise, as those of a run are.
  if (precision == TrainSpec::AUTO) precision = TrainSpec::FP32;
  return Compute{device, precision, FLAGS_batch_size};
}

}  // namespace dfkd
