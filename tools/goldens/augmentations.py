"""Goldens of dfkd/augmentations: crops, rolls, flips and normalisation, with their gradients.

    python tools/goldens/augmentations.py

Needs torch 2.11. Writes dfkd/augmentations/testdata/augmentations.safetensors.
"""

import pathlib

import torch
from safetensors.torch import save_file

OUT = pathlib.Path(__file__).resolve().parents[2] / "dfkd/augmentations/testdata"

PADDING = 3
BATCH, CHANNELS, HEIGHT, WIDTH = 6, 3, 5, 7


def crop(x, dy, dx):
    """Zero padding, then a window of the original size at (PADDING + dy, PADDING + dx)."""
    padded = torch.nn.functional.pad(x, [PADDING] * 4)
    windows = [
        padded[n, :, PADDING + dy[n] : PADDING + dy[n] + HEIGHT, PADDING + dx[n] : PADDING + dx[n] + WIDTH]
        for n in range(BATCH)
    ]
    return torch.stack(windows)


def flip(x, mirrored):
    return torch.stack([x[n].flip(-1) if mirrored[n] else x[n] for n in range(BATCH)])


def roll(x, dy, dx):
    """What leaves on one side comes in on the other."""
    return torch.stack([torch.roll(x[n], (int(dy[n]), int(dx[n])), (1, 2)) for n in range(BATCH)])


def normalize(x, mean, std):
    return (x - mean.view(1, -1, 1, 1)) / std.view(1, -1, 1, 1)


def main():
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(BATCH, CHANNELS, HEIGHT, WIDTH, generator=generator)
    upstream = torch.randn(x.shape, generator=generator)
    dy = torch.tensor([0, 3, -3, 1, -2, 0])
    dx = torch.tensor([0, -3, 3, 2, 0, -1])
    mirrored = torch.tensor([0, 1, 1, 0, 1, 0])
    mean = torch.tensor([0.5071, 0.4867, 0.4408])
    std = torch.tensor([0.2675, 0.2565, 0.2761])
    tensors = dict(x=x, upstream=upstream, dy=dy, dx=dx, mirrored=mirrored, mean=mean, std=std)
    for name, function in {
        "crop": lambda t: crop(t, dy, dx),
        "roll": lambda t: roll(t, dy, dx),
        "flip": lambda t: flip(t, mirrored),
        "normalize": lambda t: normalize(t, mean, std),
    }.items():
        leaf = x.clone().requires_grad_()
        out = function(leaf)
        out.backward(upstream)
        tensors[name] = out.detach().contiguous()
        tensors[name + "_gradient"] = leaf.grad.contiguous()
    save_file(tensors, OUT / "augmentations.safetensors")


if __name__ == "__main__":
    main()
