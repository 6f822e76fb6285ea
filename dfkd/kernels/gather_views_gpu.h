// The part of gather_views.h that nvcc compiles. No LibTorch here: it would cost nvcc 20 seconds.
#ifndef DFKD_KERNELS_GATHER_VIEWS_GPU_H_
#define DFKD_KERNELS_GATHER_VIEWS_GPU_H_

#include <cstdint>

namespace dfkd::internal {

// out(i, j) = image(i + dy, j + dx), then mirrored left to right.
struct ImageView {
  int32_t image;  // which of the images
  int32_t dy;
  int32_t dx;
  int32_t mirrored;  // 0 or 1
};

struct GatherViewsTask {
  const uint8_t* images;   // [M, channels, height, width]
  const ImageView* views;  // [count]
  const void* levels;      // [channels, 256], each of level_bytes
  void* out;               // [count, height, width, channels]
  int64_t count;
  int64_t channels;
  int64_t height;
  int64_t width;
  int64_t level_bytes;  // 2 or 4
};

// Whether the kernels run on GPU number `index`: false in a program that was built without nvcc,
// and for a GPU that they were not compiled for.
bool HasGpuKernels(int index);

// Starts the task on the current GPU's `stream` (a cudaStream_t). All pointers lead to its memory.
// Null, or CUDA's message.
const char* StartGatherViews(const GatherViewsTask& task, void* stream);

}  // namespace dfkd::internal

#endif  // DFKD_KERNELS_GATHER_VIEWS_GPU_H_
