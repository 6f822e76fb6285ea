#include "ATen/Version.h"

#include <iostream>

#include "dfkd/experiments/command_line.h"
#include "torch/version.h"

namespace dfkd {
namespace {

absl::Status Version(const Invocation&) {
  std::cout << "dfkd 0.1.0\nLibTorch " << TORCH_VERSION << "\n" << at::get_cpu_capability() << "\n";
  return absl::OkStatus();
}

[[maybe_unused]] const bool added = AddVerb({
    .name = "version",
    .usage = "version",
    .summary =
        "Prints the versions of dfkd and LibTorch, and the processor's instruction set in use.",
    .details = "",
    .flags = {},
    .run = Version,
});

}  // namespace
}  // namespace dfkd
