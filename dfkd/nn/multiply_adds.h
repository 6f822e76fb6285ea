// The arithmetic of a piece of work, counted while it runs.
#ifndef DFKD_NN_MULTIPLY_ADDS_H_
#define DFKD_NN_MULTIPLY_ADDS_H_

#include <cstdint>

#include "absl/functional/function_ref.h"

namespace dfkd {

// Multiplications with an addition in the convolutions and matrix products that `work` does on this
// thread in forward passes. One is two floating-point operations.
int64_t CountMultiplyAdds(absl::FunctionRef<void()> work);

}  // namespace dfkd

#endif  // DFKD_NN_MULTIPLY_ADDS_H_
