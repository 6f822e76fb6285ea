// Images moved as a whole, each in its own way: the differentiable part of crops,
// rolls and flips.
//
// x is [N, C, H, W] of any dtype, contiguous or channels_last, and the result has x's layout.
// Pixels are copied in one pass, so that augmenting a batch costs little beside the networks that
// see it.
#ifndef DFKD_AUGMENTATIONS_IMAGE_MOVES_H_
#define DFKD_AUGMENTATIONS_IMAGE_MOVES_H_

#include <ATen/core/Tensor.h>

namespace dfkd {

// out[n, c, i, j] = x[n, c, i + dy[n], j + dx[n]], and zero where that lies outside of x. dy and dx
// are [N] int64 on the CPU. The adjoint, and so the gradient, is the shift by (-dy, -dx).
at::Tensor ShiftImages(const at::Tensor& x, const at::Tensor& dy, const at::Tensor& dx);

// out[n, c, i, j] = x[n, c, (i - dy[n]) mod H, (j - dx[n]) mod W], as torch.roll does to each
// image. dy and dx are [N] int64 on the CPU. The adjoint is the roll by (-dy, -dx).
at::Tensor RollImages(const at::Tensor& x, const at::Tensor& dy, const at::Tensor& dx);

// out[n, c, i, j] = x[n, c, i, W - 1 - j] where mirrored[n], else x[n, c, i, j]. `mirrored` is [N]
// bool on the CPU. Its own adjoint.
at::Tensor MirrorImages(const at::Tensor& x, const at::Tensor& mirrored);

// How each image of a batch is moved: first shifted, then mirrored.
struct ImageMoves {
  at::Tensor dy;  // as ShiftImages takes them; undefined: no shift
  at::Tensor dx;
  at::Tensor mirrored;  // as MirrorImages takes it; undefined: none
};
at::Tensor MoveImages(const at::Tensor& x, const ImageMoves& moves);

namespace internal {

// The same without gradients: pixels copied on the CPU, and by tensor operations on any device.
at::Tensor CopyShifted(const at::Tensor& x, const at::Tensor& dy, const at::Tensor& dx);
at::Tensor GatherShifted(const at::Tensor& x, const at::Tensor& dy, const at::Tensor& dx);
at::Tensor CopyRolled(const at::Tensor& x, const at::Tensor& dy, const at::Tensor& dx);
at::Tensor GatherRolled(const at::Tensor& x, const at::Tensor& dy, const at::Tensor& dx);
at::Tensor CopyMirrored(const at::Tensor& x, const at::Tensor& mirrored);
at::Tensor SelectMirrored(const at::Tensor& x, const at::Tensor& mirrored);

}  // namespace internal
}  // namespace dfkd

#endif  // DFKD_AUGMENTATIONS_IMAGE_MOVES_H_
