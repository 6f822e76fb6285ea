// Weights that tests and tools/goldens/deterministic_weights.py make alike, so that goldens need
// not hold them.
#ifndef DFKD_NN_DETERMINISTIC_WEIGHTS_H_
#define DFKD_NN_DETERMINISTIC_WEIGHTS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "dfkd/nn/module.h"

namespace dfkd {

// float32 in [low, high).
at::Tensor DeterministicTensor(at::IntArrayRef shape, uint32_t seed, double low = -1.0,
                               double high = 1.0);

// What FillDeterministically gives an entry of a state_dict.
at::Tensor DeterministicEntry(const std::string& name, at::IntArrayRef shape, uint32_t seed);

// Sets every floating-point parameter and buffer; entry i in the order of names has seed i.
void FillDeterministically(const Module& module);

// Lines "name: [shape]" of all parameters and buffers, sorted by name.
std::string NamesAndShapes(const Module& module);

}  // namespace dfkd

#endif  // DFKD_NN_DETERMINISTIC_WEIGHTS_H_
