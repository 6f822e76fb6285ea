// One thread a pixel: its channels are read from their planes and written side by side, so that
// neighbouring threads write neighbouring memory.
#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdint>

#include "dfkd/kernels/gather_views_gpu.h"

namespace dfkd::internal {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kPixelsPerThread = 4;
constexpr int64_t kLevels = 256;
constexpr int64_t kMaxSharedBytes = 48 << 10;

// Level: an unsigned integer of a level's size; values are looked up and never computed with.
template <typename Level>
__global__ void GatherViews(const GatherViewsTask task, bool use_shared) {
  extern __shared__ char shared[];
  const auto* levels = static_cast<const Level*>(task.levels);
  if (use_shared) {
    auto* copy = reinterpret_cast<Level*>(shared);
    for (int64_t k = threadIdx.x; k < task.channels * kLevels; k += blockDim.x) copy[k] = levels[k];
    __syncthreads();
    levels = copy;
  }
  auto* out = static_cast<Level*>(task.out);
  const int64_t plane = task.height * task.width;
  const int64_t stride = int64_t{gridDim.x} * blockDim.x;
  for (int64_t pixel = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; pixel < task.count * plane;
       pixel += stride) {
    const ImageView view = task.views[pixel / plane];
    const int64_t i = pixel % plane / task.width, j = pixel % task.width;
    const int64_t row = i + view.dy;
    const int64_t column = (view.mirrored != 0 ? task.width - 1 - j : j) + view.dx;
    const bool inside = row >= 0 && row < task.height && column >= 0 && column < task.width;
    const int64_t first = view.image * task.channels * plane + row * task.width + column;
    for (int64_t c = 0; c < task.channels; ++c) {
      const int byte = inside ? task.images[first + c * plane] : 0;
      out[pixel * task.channels + c] = levels[c * kLevels + byte];
    }
  }
}

template <typename Level>
void Start(const GatherViewsTask& task, cudaStream_t stream) {
  const int64_t pixels = task.count * task.height * task.width;
  const int64_t per_block = kThreads * kPixelsPerThread;
  const auto blocks =
      static_cast<unsigned>(std::min<int64_t>((pixels + per_block - 1) / per_block, 1 << 30));
  const int64_t bytes = task.channels * kLevels * static_cast<int64_t>(sizeof(Level));
  const bool use_shared = bytes <= kMaxSharedBytes;
  GatherViews<Level><<<blocks, kThreads, use_shared ? bytes : 0, stream>>>(task, use_shared);
}

}  // namespace

bool HasGpuKernels(int index) {
  int current = 0;
  if (cudaGetDevice(&current) != cudaSuccess || cudaSetDevice(index) != cudaSuccess) return false;
  cudaFuncAttributes attributes;
  const bool runs = cudaFuncGetAttributes(&attributes, GatherViews<uint32_t>) == cudaSuccess;
  cudaGetLastError();  // an error that was answered is not the next call's
  cudaSetDevice(current);
  return runs;
}

const char* StartGatherViews(const GatherViewsTask& task, void* stream) {
  if (task.level_bytes == 2) {
    Start<uint16_t>(task, static_cast<cudaStream_t>(stream));
  } else {
    Start<uint32_t>(task, static_cast<cudaStream_t>(stream));
  }
  const cudaError_t error = cudaGetLastError();
  return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

}  // namespace dfkd::internal
