// A device that every machine has, for tests of what runs on a GPU: its tensors lie in the host's
// memory and the CPU computes on them, but LibTorch takes it for a device of its own ("second").
//
// A tensor that was forgotten on the CPU is seen as a GPU would see it: operators that are given
// tensors of both devices are noted, or refused by LibTorch itself.
#ifndef DFKD_TESTING_SECOND_DEVICE_H_
#define DFKD_TESTING_SECOND_DEVICE_H_

#include <c10/core/Device.h>

#include <cstdint>
#include <string>
#include <vector>

namespace dfkd {

// Must come before the program's first backward pass: LibTorch then starts a thread per device.
at::Device SecondDevice();

// The operators that were given tensors of both devices since the last call, in alphabetical order.
// A single number on the CPU is allowed, and so are indices, as on a GPU.
std::vector<std::string> TakeMixedOperators();

// How many operators were computed there since the program began.
int64_t OperatorsOnSecondDevice();

}  // namespace dfkd

#endif  // DFKD_TESTING_SECOND_DEVICE_H_
