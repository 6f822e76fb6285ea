"""Goldens of dfkd/metrics/mmd: the unbiased squared maximum mean discrepancy of Gretton et al. 2012
(JMLR 13, eq. 3) with a Gaussian kernel.

    python tools/goldens/mmd.py

Writes dfkd/metrics/testdata/mmd.safetensors.
"""

import pathlib

import deterministic_weights as weights
import numpy as np
import torch
from safetensors.torch import save_file

OUT = pathlib.Path(__file__).resolve().parents[2] / "dfkd/metrics/testdata"


def distance(a, b):
    return np.sqrt(((a - b) ** 2).sum())


def lower_median(rows):
    distances = sorted(distance(a, b) for i, a in enumerate(rows) for b in rows[:i])
    return distances[(len(distances) - 1) // 2]


def squared_mmd(x, y, bandwidth):
    def k(a, b):
        return np.exp(-(distance(a, b) ** 2) / (2 * bandwidth**2))

    def within(rows):
        others = [k(a, b) for i, a in enumerate(rows) for j, b in enumerate(rows) if i != j]
        return np.mean(others)

    return within(x) + within(y) - 2 * np.mean([k(a, b) for a in x for b in y])


def main():
    x = weights.tensor((30, 5), 1, 0.0, 1.0).numpy().astype(np.float64)
    y = weights.tensor((20, 5), 2, 0.2, 1.2).numpy().astype(np.float64)
    median = lower_median(np.concatenate([x, y]))
    tensors = {
        "median.bandwidth": median,
        "median.value": squared_mmd(x, y, median),
        "half.value": squared_mmd(x, y, 0.5),
    }
    tensors = {name: torch.tensor(value, dtype=torch.float64) for name, value in tensors.items()}
    save_file(tensors, OUT / "mmd.safetensors")


if __name__ == "__main__":
    main()
