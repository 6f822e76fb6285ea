#include "dfkd/train/compute.h"

#include <ATen/Parallel.h>

#include "absl/strings/str_cat.h"
#include "dfkd/core/status.h"

namespace dfkd {

absl::StatusOr<at::Device> ChooseDevice(const std::string& asked, absl::string_view where) {
  if (asked == "cpu") return at::Device(at::kCPU);
  return ConfigError(absl::StrCat(where, " is \"", asked,
                                  "\"; this build computes on the CPU alone: set device to cpu"));
}

void SetThreads(int threads) {
  if (threads > 0) at::set_num_threads(threads);
}

}  // namespace dfkd
