// Where a run computes: on the processor, or on a GPU by LibTorch's CUDA library. That library is
// no part of the program; it is looked for and loaded when a run asks for a GPU.
#ifndef DFKD_CORE_DEVICE_H_
#define DFKD_CORE_DEVICE_H_

#include <c10/core/Device.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace dfkd {

// "cpu", "cuda" (the first GPU) or "cuda:N". Asks nothing of the machine. `where` is where it
// stands, for messages: "train.device".
absl::StatusOr<at::Device> ParseDevice(absl::string_view text, absl::string_view where);

// The same, ready for use: for a GPU, the library is loaded and the GPU is there, else ConfigError
// with what to install. Must come before a program's first convolution: LibTorch then remembers for
// good whether it has CUDA.
absl::StatusOr<at::Device> OpenDevice(absl::string_view text, absl::string_view where);

struct CudaLibrary {
  std::string path;
  int gpus = 0;
};
// Loads the library from the folder $DFKD_LIBTORCH_CUDA; where that is not set, from the folder of
// the LibTorch in use, else from where the system's loader looks.
absl::StatusOr<CudaLibrary> LoadCudaLibrary();

}  // namespace dfkd

#endif  // DFKD_CORE_DEVICE_H_
