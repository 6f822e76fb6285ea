#include "dfkd/augmentations/image_moves.h"

#include <ATen/core/Tensor.h>
#include <torch/csrc/autograd/custom_function.h>

#include "glog/logging.h"

namespace dfkd {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

class Shift : public torch::autograd::Function<Shift> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& dy,
                            const at::Tensor& dx) {
    context->save_for_backward({dy, dx});
    return x.is_cpu() ? internal::CopyShifted(x, dy, dx) : internal::GatherShifted(x, dy, dx);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradient) {
    const variable_list saved = context->get_saved_variables();
    return {Shift::apply(gradient[0], saved[0].neg(), saved[1].neg()), at::Tensor(), at::Tensor()};
  }
};

class Roll : public torch::autograd::Function<Roll> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& dy,
                            const at::Tensor& dx) {
    context->save_for_backward({dy, dx});
    return x.is_cpu() ? internal::CopyRolled(x, dy, dx) : internal::GatherRolled(x, dy, dx);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradient) {
    const variable_list saved = context->get_saved_variables();
    return {Roll::apply(gradient[0], saved[0].neg(), saved[1].neg()), at::Tensor(), at::Tensor()};
  }
};

class Mirror : public torch::autograd::Function<Mirror> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x,
                            const at::Tensor& mirrored) {
    context->save_for_backward({mirrored});
    return x.is_cpu() ? internal::CopyMirrored(x, mirrored) : internal::SelectMirrored(x, mirrored);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradient) {
    return {Mirror::apply(gradient[0], context->get_saved_variables()[0]), at::Tensor()};
  }
};

void CheckOnePerImage(const at::Tensor& x, const at::Tensor& value, at::ScalarType type) {
  CHECK_EQ(x.dim(), 4) << "x is [N, C, H, W]";
  CHECK(value.is_cpu() && value.scalar_type() == type && value.dim() == 1 &&
        value.size(0) == x.size(0))
      << "one " << type << " per image, on the CPU";
}

}  // namespace

at::Tensor ShiftImages(const at::Tensor& x, const at::Tensor& dy, const at::Tensor& dx) {
  CheckOnePerImage(x, dy, at::kLong);
  CheckOnePerImage(x, dx, at::kLong);
  return Shift::apply(x, dy, dx);
}

at::Tensor RollImages(const at::Tensor& x, const at::Tensor& dy, const at::Tensor& dx) {
  CheckOnePerImage(x, dy, at::kLong);
  CheckOnePerImage(x, dx, at::kLong);
  return Roll::apply(x, dy, dx);
}

at::Tensor MirrorImages(const at::Tensor& x, const at::Tensor& mirrored) {
  CheckOnePerImage(x, mirrored, at::kBool);
  return Mirror::apply(x, mirrored);
}

at::Tensor MoveImages(const at::Tensor& x, const ImageMoves& moves) {
  const at::Tensor shifted = moves.dy.defined() ? ShiftImages(x, moves.dy, moves.dx) : x;
  return moves.mirrored.defined() ? MirrorImages(shifted, moves.mirrored) : shifted;
}

}  // namespace dfkd
