"""Weights that Python and C++ make alike, so that goldens need not hold them.

dfkd/nn/deterministic_weights.cc is the same in C++.
"""

import math

import numpy as np
import torch


def uniform(count, seed):
    """`count` doubles in [0, 1): murmur3's finalizer over a counter."""
    x = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(2654435761) + np.uint64(seed * 40503)
    x = (x & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    with np.errstate(over="ignore"):
        x ^= x >> np.uint32(16)
        x *= np.uint32(0x85EBCA6B)
        x ^= x >> np.uint32(13)
        x *= np.uint32(0xC2B2AE35)
        x ^= x >> np.uint32(16)
    return x.astype(np.float64) / 2.0**32


def tensor(shape, seed, low=-1.0, high=1.0):
    """float32 in [low, high)."""
    values = low + (high - low) * uniform(math.prod(shape), seed)
    return torch.from_numpy(values.astype(np.float32)).reshape(shape)


def value_range(name, shape):
    """What a parameter or buffer may hold, so that activations keep their size."""
    if name.endswith("running_var"):
        return 0.5, 1.5
    if name.endswith(("running_mean", "bias")):
        return -0.2, 0.2
    if len(shape) > 1:
        bound = math.sqrt(6.0 / (math.prod(shape) // shape[0]))
        return -bound, bound
    return 0.75, 1.25


def fill(module):
    """Sets every floating-point entry of the state_dict; entry i in the order of names has seed i."""
    state = module.state_dict()
    names = sorted(name for name, value in state.items() if value.is_floating_point())
    with torch.no_grad():
        for seed, name in enumerate(names):
            low, high = value_range(name, state[name].shape)
            state[name].copy_(tensor(state[name].shape, seed, low, high))
    return module
