"""Goldens of dfkd/data/digits: its splits and images, from scikit-learn and PyTorch.

    python tools/goldens/digits.py

Needs torch 2.11 and scikit-learn 1.9.1. Writes dfkd/data/testdata/digits.safetensors: for each split
"SPLIT.labels" [N], and for each SIZE "SPLIT.SIZE.first" [H, W] (its first image) and, for square sizes,
"SPLIT.SIZE.sums" [N] (float64, the sum of each image's pixels).
"""

import pathlib

import torch
from safetensors.torch import save_file
from sklearn.datasets import load_digits

OUT = pathlib.Path(__file__).resolve().parents[2] / "dfkd/data/testdata"

SIZES = {"16": (16, 16), "32": (32, 32), "48x40": (48, 40)}


def main():
    digits = load_digits()
    images = torch.from_numpy(digits.images).float() / 16  # [1797, 8, 8] in [0, 1]
    labels = torch.from_numpy(digits.target).long()
    order = torch.randperm(1797, generator=torch.Generator().manual_seed(0))
    splits = {"train": order[:1000], "validation": order[1000:1297], "test": order[1297:]}
    tensors = {}
    for name, index in splits.items():
        tensors[f"{name}.labels"] = labels[index]
        for size_name, size in SIZES.items():
            resized = torch.nn.functional.interpolate(
                images[index].unsqueeze(1), size=size, mode="bilinear", align_corners=False
            )
            tensors[f"{name}.{size_name}.first"] = resized[0, 0].clone()
            if size[0] == size[1]:
                tensors[f"{name}.{size_name}.sums"] = resized.double().sum((1, 2, 3))
    save_file(tensors, OUT / "digits.safetensors")


if __name__ == "__main__":
    main()
