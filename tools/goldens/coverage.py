"""Goldens of dfkd/measures/coverage: coverage and density by the definitions of Naeem et al. 2020.

    python tools/goldens/coverage.py

Writes dfkd/measures/testdata/coverage.safetensors.
"""

import pathlib

import deterministic_weights as weights
import numpy as np
import torch
from safetensors.torch import save_file

OUT = pathlib.Path(__file__).resolve().parents[2] / "dfkd/measures/testdata"


def distances(a, b):
    return np.sqrt(((a[:, None, :] - b[None, :, :]) ** 2).sum(-1))


def main():
    real = weights.tensor((60, 4), 1, 0.0, 1.0).numpy().astype(np.float64)
    fake = weights.tensor((40, 4), 2, 0.0, 0.7).numpy().astype(np.float64)
    between = distances(real, fake)
    tensors = {}
    for k in (1, 5):
        # Entry 0 of a sorted row is the image itself.
        radii = np.sort(distances(real, real), axis=1)[:, k]
        inside = between < radii[:, None]
        tensors[f"k{k}.coverage"] = torch.tensor(inside.any(axis=1).mean())
        tensors[f"k{k}.density"] = torch.tensor(inside.sum() / (k * len(fake)))
    save_file(tensors, OUT / "coverage.safetensors")


if __name__ == "__main__":
    main()
