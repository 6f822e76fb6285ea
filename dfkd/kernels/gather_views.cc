#include "dfkd/kernels/gather_views.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <cstdint>

#include "dfkd/kernels/gather_views_gpu.h"
#include "glog/logging.h"

#ifndef _OPENMP
#error "at::parallel_for is a plain loop here; the target needs copts = PARALLEL_COPTS"
#endif

namespace dfkd {
namespace {

using internal::GatherViewsTask;
using internal::ImageView;

constexpr int64_t kLevels = 256;
constexpr int64_t kFieldsOfView = sizeof(ImageView) / sizeof(int32_t);

// Element n, or `otherwise` of an undefined tensor.
template <typename T>
class ValueOf {
 public:
  ValueOf(const at::Tensor& values, int64_t count, at::ScalarType type) {
    if (!values.defined()) return;
    CHECK(values.is_cpu() && values.scalar_type() == type && values.dim() == 1 &&
          values.size(0) == count)
        << "one " << type << " per view, on the CPU";
    kept_ = values.contiguous();
    data_ = kept_.const_data_ptr<T>();
  }
  T operator()(int64_t n, T otherwise) const { return data_ == nullptr ? otherwise : data_[n]; }

 private:
  at::Tensor kept_;
  const T* data_ = nullptr;
};

// [N, 4] int32 on the CPU: ImageViews, and one copy to a GPU.
at::Tensor PackViews(const at::Tensor& images, const at::Tensor& index, const ImageMoves& moves) {
  const int64_t count = index.defined() ? index.size(0) : images.size(0);
  const int64_t height = images.size(2), width = images.size(3);
  const ValueOf<int64_t> image(index, count, at::kLong), dy(moves.dy, count, at::kLong),
      dx(moves.dx, count, at::kLong);
  const ValueOf<bool> mirrored(moves.mirrored, count, at::kBool);
  at::Tensor packed = at::empty({count, kFieldsOfView}, at::kInt);
  auto* view = static_cast<ImageView*>(packed.mutable_data_ptr());
  for (int64_t n = 0; n < count; ++n) {
    const int64_t i = image(n, n);
    CHECK(i >= 0 && i < images.size(0)) << i << " of " << images.size(0) << " images";
    // Farther than its size an image cannot be moved.
    view[n] = {static_cast<int32_t>(i), static_cast<int32_t>(std::clamp(dy(n, 0), -height, height)),
               static_cast<int32_t>(std::clamp(dx(n, 0), -width, width)), mirrored(n, false)};
  }
  return packed;
}

template <typename Level>
void ViewImage(const GatherViewsTask& task, int64_t n) {
  const int64_t channels = task.channels, height = task.height, width = task.width;
  const ImageView view = task.views[n];
  const bool mirrored = view.mirrored != 0;
  const int64_t step = mirrored ? -1 : 1;
  // The pixels of a target row that come from inside of the image: [first, last).
  const int64_t first = std::clamp<int64_t>(-step * view.dx, 0, width);
  const int64_t last = std::clamp<int64_t>(width - step * view.dx, 0, width);
  const int64_t column = (mirrored ? width - 1 - first : first) + view.dx;  // of `first`
  const uint8_t* image = task.images + view.image * channels * height * width;
  Level* out = static_cast<Level*>(task.out) + n * height * width * channels;
  for (int64_t i = 0; i < height; ++i, out += width * channels) {
    const int64_t row = i + view.dy;
    const bool inside = row >= 0 && row < height && first < last;
    const int64_t begin = inside ? first : width, end = inside ? last : width;
    for (int64_t c = 0; c < channels; ++c) {
      const Level* level = static_cast<const Level*>(task.levels) + c * kLevels;
      for (int64_t j = 0; j < begin; ++j) out[j * channels + c] = level[0];
      const uint8_t* from = image + (c * height + row) * width + column;
      for (int64_t j = begin; j < end; ++j) {
        out[j * channels + c] = level[from[step * (j - begin)]];
      }
      for (int64_t j = end; j < width; ++j) out[j * channels + c] = level[0];
    }
  }
}

void GatherViewsOnCpu(const GatherViewsTask& task) {
  constexpr int64_t kValuesPerTask = 1 << 14;
  const int64_t values = std::max<int64_t>(1, task.channels * task.height * task.width);
  at::parallel_for(0, task.count, std::max<int64_t>(1, kValuesPerTask / values),
                   [&task](int64_t begin, int64_t end) {
                     for (int64_t n = begin; n < end; ++n) {
                       task.level_bytes == 2 ? ViewImage<uint16_t>(task, n)
                                             : ViewImage<uint32_t>(task, n);
                     }
                   });
}

void GatherViewsOnGpu(const GatherViewsTask& task, at::Device device) {
  const c10::DeviceGuard guard(device);
  const c10::impl::VirtualGuardImpl gpu(device.type());
  void* stream = gpu.getStreamNativeHandle(gpu.getStream(device));
  const char* error = internal::StartGatherViews(task, stream);
  TORCH_CHECK(error == nullptr, "gather_views: ", error);
}

}  // namespace

bool HasGatherViews(at::Device device) {
  return device.is_cpu() || (device.is_cuda() && internal::HasGpuKernels(device.index()));
}

at::Tensor GatherViews(const at::Tensor& images, const at::Tensor& index, const ImageMoves& moves,
                       const at::Tensor& levels) {
  CHECK(HasGatherViews(images.device()));
  CHECK(images.dim() == 4 && images.scalar_type() == at::kByte && images.is_contiguous());
  CHECK(levels.sizes() == at::IntArrayRef({images.size(1), kLevels}) && levels.is_contiguous() &&
        levels.device() == images.device());
  CHECK(levels.scalar_type() == at::kFloat || levels.scalar_type() == at::kBFloat16);
  const at::Tensor views = PackViews(images, index, moves).to(images.device());
  const at::Tensor out = at::empty({views.size(0), images.size(1), images.size(2), images.size(3)},
                                   levels.options(), at::MemoryFormat::ChannelsLast);
  if (out.numel() == 0) return out;
  const GatherViewsTask task = {.images = images.const_data_ptr<uint8_t>(),
                                .views = static_cast<const ImageView*>(views.const_data_ptr()),
                                .levels = levels.const_data_ptr(),
                                .out = out.mutable_data_ptr(),
                                .count = out.size(0),
                                .channels = out.size(1),
                                .height = out.size(2),
                                .width = out.size(3),
                                .level_bytes = static_cast<int64_t>(levels.element_size())};
  if (images.is_cpu()) {
    GatherViewsOnCpu(task);
  } else {
    GatherViewsOnGpu(task, images.device());
  }
  return out;
}

}  // namespace dfkd
