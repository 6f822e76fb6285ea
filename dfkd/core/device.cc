#include "dfkd/core/device.h"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>
#include <torch/version.h>

#include <cstdlib>
#include <filesystem>
#include <limits>
#include <system_error>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "dfkd/core/status.h"

namespace dfkd {
namespace {

constexpr char kFolderVariable[] = "DFKD_LIBTORCH_CUDA";
constexpr char kLibrary[] = "libtorch_cuda.so";

// Paths for dlopen, to be tried in this order.
std::vector<std::string> Candidates() {
  const char* folder = std::getenv(kFolderVariable);
  if (folder != nullptr && *folder != '\0') return {absl::StrCat(folder, "/", kLibrary)};
  std::vector<std::string> paths;
  Dl_info loaded;
  if (dladdr(reinterpret_cast<const void*>(&at::globalContext), &loaded) != 0) {
    // A build or an installation may link to the library from elsewhere.
    std::error_code error;
    const auto cpu_library = std::filesystem::canonical(loaded.dli_fname, error);
    if (!error) paths.push_back(cpu_library.parent_path() / kLibrary);
  }
  paths.push_back(kLibrary);
  return paths;
}

// Where `handle` was loaded from.
std::string PathOf(void* handle, const std::string& fallback) {
  char folder[4096];
  if (dlinfo(handle, RTLD_DI_ORIGIN, folder) != 0) return fallback;
  return absl::StrCat(folder, "/", kLibrary);
}

absl::Status NotLoaded(const std::vector<std::string>& reasons) {
  std::string message = "LibTorch's CUDA library cannot be loaded:";
  for (const std::string& reason : reasons) absl::StrAppend(&message, "\n  ", reason);
  return ConfigError(absl::StrCat(message, "\nInstall it with `pip install torch==", TORCH_VERSION,
                                  "` in any Python environment and set ", kFolderVariable,
                                  " to the folder torch/lib there, or set the device to cpu"));
}

// Why CUDA finds no GPU, in its own words.
std::string CudaComplaint() {
  const auto count = reinterpret_cast<int (*)(int*)>(dlsym(RTLD_DEFAULT, "cudaGetDeviceCount"));
  const auto text =
      reinterpret_cast<const char* (*)(int)>(dlsym(RTLD_DEFAULT, "cudaGetErrorString"));
  int gpus = 0;
  if (count == nullptr || text == nullptr) return "no CUDA run time";
  const int error = count(&gpus);
  return error == 0 ? "no GPU" : text(error);
}

// The reference is exact, as on the processor: no TF32, and kernels that repeat their results.
void ChooseExactKernels() {
  at::globalContext().setAllowTF32CuDNN(false);
  at::globalContext().setDeterministicCuDNN(true);
}

}  // namespace

absl::StatusOr<at::Device> ParseDevice(absl::string_view text, absl::string_view where) {
  if (text == "cpu") return at::Device(at::kCPU);
  if (text == "cuda") return at::Device(at::kCUDA, 0);
  int index = 0;
  if (absl::string_view number = text;
      absl::ConsumePrefix(&number, "cuda:") && !number.empty() && absl::ascii_isdigit(number[0]) &&
      absl::SimpleAtoi(number, &index) && index <= std::numeric_limits<at::DeviceIndex>::max()) {
    return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(index));
  }
  return ConfigError(
      absl::StrCat(where, " is \"", text, "\"; must be cpu, cuda or cuda:N, N from 0"));
}

absl::StatusOr<CudaLibrary> LoadCudaLibrary() {
  std::vector<std::string> reasons;
  for (const std::string& path : Candidates()) {
    // Global: its parts find each other, and their CUDA libraries, by symbol.
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
    if (handle == nullptr) {
      reasons.push_back(absl::StrCat(path, ": ", dlerror()));
      continue;
    }
    const at::CUDAHooksInterface& hooks = at::detail::getCUDAHooks();
    if (!hooks.hasCUDART()) {
      return absl::InternalError(
          absl::StrCat(path, " was loaded after LibTorch had settled for the processor"));
    }
    return CudaLibrary{PathOf(handle, path), hooks.getNumGPUs()};
  }
  return NotLoaded(reasons);
}

absl::StatusOr<at::Device> OpenDevice(absl::string_view text, absl::string_view where) {
  DFKD_ASSIGN_OR_RETURN(const at::Device device, ParseDevice(text, where));
  if (device.is_cpu()) return device;
  const absl::StatusOr<CudaLibrary> cuda = LoadCudaLibrary();
  if (!cuda.ok()) return Annotate(cuda.status(), absl::StrCat(where, " is ", text));
  if (cuda->gpus == 0) {
    return ConfigError(absl::StrCat(where, " is ", text, ", but ", cuda->path, " finds no GPU (",
                                    CudaComplaint(),
                                    "); see whether nvidia-smi lists one, or set it to cpu"));
  }
  if (device.index() >= cuda->gpus) {
    return ConfigError(absl::StrCat(where, " is ", text, "; this machine has ", cuda->gpus,
                                    cuda->gpus == 1 ? " GPU" : " GPUs", ", counted from cuda:0"));
  }
  ChooseExactKernels();
  return device;
}

}  // namespace dfkd
