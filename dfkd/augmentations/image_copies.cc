// How image_moves.h moves pixels, without gradients.
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/flip.h>
#include <ATen/ops/gather.h>
#include <ATen/ops/where.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "dfkd/augmentations/image_moves.h"

#ifndef _OPENMP
#error "at::parallel_for is a plain loop here; the target needs copts = PARALLEL_COPTS"
#endif

namespace dfkd::internal {
namespace {

// A picture in memory: one channel of an image, or a whole image that is channels_last.
struct Plane {
  int64_t height;
  int64_t width;
  int64_t pixel;  // bytes
  int64_t row() const { return width * pixel; }
  int64_t bytes() const { return height * row(); }
};

// copy(n, from, to, plane) for each plane of each image n, in parallel; the result has x's layout.
template <typename Copy>
at::Tensor CopyPlanes(const at::Tensor& x, const Copy& copy) {
  const auto layout = x.suggest_memory_format();
  const bool channels_last = layout == at::MemoryFormat::ChannelsLast;
  const at::Tensor source = x.contiguous(layout);
  at::Tensor target = at::empty_like(source);
  const int64_t planes_per_image = channels_last ? 1 : x.size(1);
  const int64_t values_per_pixel = channels_last ? x.size(1) : 1;
  const Plane plane = {x.size(2), x.size(3),
                       values_per_pixel * static_cast<int64_t>(x.element_size())};

  const auto* from = static_cast<const char*>(source.const_data_ptr());
  auto* to = static_cast<char*>(target.mutable_data_ptr());
  constexpr int64_t kBytesPerTask = 1 << 16;
  const int64_t grain = std::max<int64_t>(1, kBytesPerTask / std::max<int64_t>(1, plane.bytes()));
  at::parallel_for(0, x.size(0) * planes_per_image, grain, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p) {
      copy(p / planes_per_image, from + p * plane.bytes(), to + p * plane.bytes(), plane);
    }
  });
  return target;
}

void CopyShiftedPlane(const char* from, char* to, const Plane& plane, int64_t dy, int64_t dx) {
  // The pixels of a target row that come from inside of the source: [first, last).
  const int64_t first = std::clamp<int64_t>(-dx, 0, plane.width) * plane.pixel;
  const int64_t last = std::clamp<int64_t>(plane.width - dx, 0, plane.width) * plane.pixel;
  for (int64_t i = 0; i < plane.height; ++i, to += plane.row()) {
    const int64_t source_row = i + dy;
    if (source_row < 0 || source_row >= plane.height || first >= last) {
      std::memset(to, 0, plane.row());
      continue;
    }
    std::memset(to, 0, first);
    std::memcpy(to + first, from + source_row * plane.row() + first + dx * plane.pixel,
                last - first);
    std::memset(to + last, 0, plane.row() - last);
  }
}

// a mod m in [0, m).
int64_t Wrapped(int64_t a, int64_t m) { return (a % m + m) % m; }

void CopyRolledPlane(const char* from, char* to, const Plane& plane, int64_t dy, int64_t dx) {
  // What leaves a row at its end comes in at its beginning.
  const int64_t wrapped = Wrapped(dx, plane.width) * plane.pixel;
  for (int64_t i = 0; i < plane.height; ++i, to += plane.row()) {
    const char* row = from + Wrapped(i - dy, plane.height) * plane.row();
    std::memcpy(to, row + plane.row() - wrapped, wrapped);
    std::memcpy(to + wrapped, row, plane.row() - wrapped);
  }
}

template <typename T>
void CopyMirroredPlaneOf(const char* from, char* to, const Plane& plane) {
  const auto* source = reinterpret_cast<const T*>(from);
  auto* target = reinterpret_cast<T*>(to);
  for (int64_t i = 0; i < plane.height; ++i, source += plane.width, target += plane.width) {
    std::reverse_copy(source, source + plane.width, target);
  }
}

void CopyMirroredPlane(const char* from, char* to, const Plane& plane) {
  struct ThreeWords {  // channels_last with three channels
    uint32_t value[3];
  };
  switch (plane.pixel) {
    case sizeof(uint32_t):
      return CopyMirroredPlaneOf<uint32_t>(from, to, plane);
    case sizeof(ThreeWords):
      return CopyMirroredPlaneOf<ThreeWords>(from, to, plane);
  }
  for (int64_t i = 0; i < plane.height; ++i) {
    for (int64_t j = 0; j < plane.width; ++j) {
      std::memcpy(to + i * plane.row() + j * plane.pixel,
                  from + (i + 1) * plane.row() - (j + 1) * plane.pixel, plane.pixel);
    }
  }
}

}  // namespace

at::Tensor CopyShifted(const at::Tensor& x, const at::Tensor& dy, const at::Tensor& dx) {
  const at::Tensor rows = dy.contiguous(), columns = dx.contiguous();
  const auto* row_shift = rows.const_data_ptr<int64_t>();
  const auto* column_shift = columns.const_data_ptr<int64_t>();
  return CopyPlanes(x, [&](int64_t n, const char* from, char* to, const Plane& plane) {
    CopyShiftedPlane(from, to, plane, row_shift[n], column_shift[n]);
  });
}

at::Tensor GatherShifted(const at::Tensor& x, const at::Tensor& dy, const at::Tensor& dx) {
  const int64_t n = x.size(0), channels = x.size(1), height = x.size(2), width = x.size(3);
  const auto options = dy.options().device(x.device());
  const at::Tensor row =  // [N, H, 1]
      at::arange(height, options).view({1, height, 1}).add(dy.to(x.device()).view({n, 1, 1}));
  const at::Tensor column =  // [N, 1, W]
      at::arange(width, options).view({1, 1, width}).add(dx.to(x.device()).view({n, 1, 1}));
  const at::Tensor outside =
      row.lt(0).logical_or(row.ge(height)).logical_or(column.lt(0)).logical_or(column.ge(width));
  const at::Tensor index =
      row.clamp(0, height - 1).mul(width).add(column.clamp(0, width - 1));  // [N, H, W]
  const at::Tensor picked = at::gather(x.reshape({n, channels, height * width}), 2,
                                       index.view({n, 1, -1}).expand({n, channels, -1}));
  return picked.view({n, channels, height, width})
      .masked_fill(outside.unsqueeze(1), 0)
      .contiguous(x.suggest_memory_format());
}

at::Tensor CopyRolled(const at::Tensor& x, const at::Tensor& dy, const at::Tensor& dx) {
  const at::Tensor rows = dy.contiguous(), columns = dx.contiguous();
  const auto* row_shift = rows.const_data_ptr<int64_t>();
  const auto* column_shift = columns.const_data_ptr<int64_t>();
  return CopyPlanes(x, [&](int64_t n, const char* from, char* to, const Plane& plane) {
    CopyRolledPlane(from, to, plane, row_shift[n], column_shift[n]);
  });
}

at::Tensor GatherRolled(const at::Tensor& x, const at::Tensor& dy, const at::Tensor& dx) {
  const int64_t n = x.size(0), channels = x.size(1), height = x.size(2), width = x.size(3);
  const auto options = dy.options().device(x.device());
  const at::Tensor row = at::arange(height, options)  // [N, H, 1]
                             .view({1, height, 1})
                             .sub(dy.to(x.device()).view({n, 1, 1}))
                             .remainder(height);
  const at::Tensor column = at::arange(width, options)  // [N, 1, W]
                                .view({1, 1, width})
                                .sub(dx.to(x.device()).view({n, 1, 1}))
                                .remainder(width);
  const at::Tensor index = row.mul(width).add(column);  // [N, H, W]
  return at::gather(x.reshape({n, channels, height * width}), 2,
                    index.view({n, 1, -1}).expand({n, channels, -1}))
      .view({n, channels, height, width})
      .contiguous(x.suggest_memory_format());
}

at::Tensor CopyMirrored(const at::Tensor& x, const at::Tensor& mirrored) {
  const at::Tensor flags = mirrored.contiguous();
  const auto* flag = flags.const_data_ptr<bool>();
  return CopyPlanes(x, [&](int64_t n, const char* from, char* to, const Plane& plane) {
    if (flag[n]) {
      CopyMirroredPlane(from, to, plane);
    } else {
      std::memcpy(to, from, plane.bytes());
    }
  });
}

at::Tensor SelectMirrored(const at::Tensor& x, const at::Tensor& mirrored) {
  return at::where(mirrored.to(x.device()).view({-1, 1, 1, 1}), at::flip(x, {3}), x);
}

}  // namespace dfkd::internal
