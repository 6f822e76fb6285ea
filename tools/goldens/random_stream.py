"""Writes dfkd/core/testdata/random_stream.safetensors: seeds of named streams, by the definition, and
what PyTorch draws from a generator of the same seed."""
import os

import torch
from safetensors.torch import save_file

OUT = os.path.join(os.path.dirname(__file__), "../../dfkd/core/testdata/random_stream.safetensors")
MASK = 2**64 - 1


def mix(x):
    """SplitMix64's finaliser."""
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def fnv1a(text):
    h = 0xCBF29CE484222325
    for byte in text.encode():
        h = ((h ^ byte) * 0x100000001B3) & MASK
    return h


def seed_of(seed, name, counter):
    return mix(mix(mix(seed) ^ fnv1a(name)) ^ mix(counter))


def main():
    tensors = {}
    for seed in (0, 1, 2**64 - 1):
        for name in ("labels", "noise"):
            seeds = [seed_of(seed, name, n) for n in range(4)]
            tensors[f"seeds.{seed}.{name}"] = torch.tensor(seeds, dtype=torch.uint64)
    draws = [seed_of(7, "noise", n) for n in range(4)]
    # Seeds above 63 bits are given to manual_seed as the same bits.
    torch.manual_seed(draws[0])
    tensors["normal"] = torch.randn(3, 20) * 2 + 1
    torch.manual_seed(draws[1])
    tensors["uniform"] = torch.rand(3, 20) * 5 - 2
    torch.manual_seed(draws[2])
    tensors["integers"] = torch.randint(-3, 10, (50,))
    torch.manual_seed(draws[3])
    tensors["permutation"] = torch.randperm(30)
    save_file(tensors, OUT)
    os.chmod(OUT, 0o644)


if __name__ == "__main__":
    main()
