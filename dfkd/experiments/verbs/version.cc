#include "ATen/Version.h"

#include <iostream>

#include "absl/strings/str_cat.h"
#include "dfkd/core/device.h"
#include "dfkd/experiments/command_line.h"
#include "torch/version.h"

namespace dfkd {
namespace {

std::string DescribeCuda() {
  const absl::StatusOr<CudaLibrary> cuda = LoadCudaLibrary();
  if (!cuda.ok()) return "not found; dfkd run --device=cuda says what to install";
  return absl::StrCat(cuda->path, ", ", cuda->gpus, cuda->gpus == 1 ? " GPU" : " GPUs");
}

absl::Status Version(const Invocation&) {
  std::cout << "dfkd 0.1.0\nLibTorch " << TORCH_VERSION << "\n"
            << at::get_cpu_capability() << "\nCUDA library: " << DescribeCuda() << "\n";
  return absl::OkStatus();
}

[[maybe_unused]] const bool added = AddVerb({
    .name = "version",
    .usage = "version",
    .summary = "Prints the versions of dfkd and LibTorch, the processor's instruction set in use, "
               "and where LibTorch's CUDA library was found.",
    .details = "",
    .flags = {},
    .run = Version,
});

}  // namespace
}  // namespace dfkd
