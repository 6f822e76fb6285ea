"""Goldens of dfkd/augmentations: crops, rolls, flips and normalisation, with their gradients, and
torchvision's resized crops: windows by given numbers, and what they become.

    python tools/goldens/augmentations.py

Needs torch 2.11 and torchvision 0.26. Writes dfkd/augmentations/testdata/augmentations.safetensors.
"""

import pathlib
from unittest import mock

import torch
from safetensors.torch import save_file
from torchvision.transforms import RandomResizedCrop
from torchvision.transforms.v2.functional import resized_crop

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


# Windows of the images of x, as (top, left, height, width).
BOXES = torch.tensor([[0, 0, 5, 7], [1, 2, 3, 3], [2, 0, 1, 7], [0, 3, 5, 1], [4, 6, 1, 1], [1, 1, 4, 5]])
WINDOW_SIZES = torch.tensor([[224, 224], [256, 341], [33, 20], [500, 40], [3, 64]])
TRIES, DRAWS = 10, 40


def resized(x, height, width):
    """Each image's window, brought to one size."""
    windows = [resized_crop(x[n], *BOXES[n].tolist(), [height, width], antialias=True) for n in range(BATCH)]
    return torch.stack(windows)


def window(height, width, numbers):
    """What RandomResizedCrop's law makes of numbers [TRIES, 4] in [0, 1): of each try area, ratio,
    row and column."""
    place = {"try": -1, "asked": 0}

    def uniform(tensor, low, high):
        if place["asked"] % 2 == 0:
            place["try"] += 1
        value = numbers[place["try"], place["asked"] % 2]
        place["asked"] += 1
        return tensor.fill_(low + (high - low) * value.item())

    offsets = iter((2, 3))

    def randint(low, high, size):
        return torch.floor(numbers[place["try"], next(offsets)].double() * (high - low)).long().view(size) + low

    image = torch.empty(3, height, width)
    with mock.patch.object(torch.Tensor, "uniform_", uniform), mock.patch.object(torch, "randint", randint):
        return RandomResizedCrop.get_params(image, scale=[0.08, 1.0], ratio=[3.0 / 4, 4.0 / 3])


def windows(generator):
    numbers = torch.rand(DRAWS, TRIES, 4, generator=generator)
    boxes = [[window(int(h), int(w), numbers[i]) for i in range(DRAWS)] for h, w in WINDOW_SIZES]
    return dict(window_sizes=WINDOW_SIZES, window_numbers=numbers, window_boxes=torch.tensor(boxes))


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
    tensors["boxes"] = BOXES
    for name, height, width in (("resized_crop", HEIGHT, WIDTH), ("resized_crop_small", 2, 3)):
        leaf = x.clone().requires_grad_()
        out = resized(leaf, height, width)
        tensors[name + "_upstream"] = torch.randn(out.shape, generator=generator)
        out.backward(tensors[name + "_upstream"])
        tensors[name] = out.detach().contiguous()
        tensors[name + "_gradient"] = leaf.grad.contiguous()
    tensors.update(windows(generator))
    save_file(tensors, OUT / "augmentations.safetensors")


if __name__ == "__main__":
    main()
