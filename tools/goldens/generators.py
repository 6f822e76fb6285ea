"""Goldens of dfkd/generators.

    python tools/goldens/generators.py --fast_datafree=CHECKOUT --cmi=CHECKOUT --nayer=CHECKOUT

Needs torch 2.11 and checkouts of zju-vipa/Fast-Datafree, zju-vipa/CMI and tmtuan1307/NAYER, whose
generator.py hold the official layouts; NAYER's Tables 4 and 5 and DFAD's generator are written out
here. Writes into
dfkd/generators/testdata: NAME.txt (each parameter and buffer with its shape) and
generators.safetensors (images on inputs and weights of deterministic_weights.py).
"""

import argparse
import pathlib

import deterministic_weights as weights
import torch
from models import load, names
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import spectral_norm

OUT = pathlib.Path(__file__).resolve().parents[2] / "dfkd/generators/testdata"


class PaperGenerator(nn.Module):
    """NAYER Table 4 with 8 and 4 instead of 128 and 64 channels."""

    def __init__(self, latent, channels, size, image_channels):
        super().__init__()
        self.start = (channels, size // 4, size // 4)
        features = channels * (size // 4) ** 2
        self.l1 = nn.Sequential(nn.Linear(latent, features), nn.BatchNorm1d(features))
        half = channels // 2
        self.conv_blocks = nn.Sequential(
            spectral_norm(nn.Conv2d(channels, channels, 3, padding=1, bias=False)),
            nn.BatchNorm2d(channels),
            nn.LeakyReLU(0.2),
            nn.Upsample(scale_factor=2),
            spectral_norm(nn.Conv2d(channels, half, 3, padding=1, bias=False)),
            nn.BatchNorm2d(half),
            nn.LeakyReLU(0.2),
            nn.Upsample(scale_factor=2),
            spectral_norm(nn.Conv2d(half, image_channels, 3, padding=1)),
            nn.Sigmoid(),
            nn.BatchNorm2d(image_channels),
        )

    def forward(self, z):
        return self.conv_blocks(self.l1(z).view(-1, *self.start))


class DfadGenerator(nn.Module):
    """VainF's GeneratorA with 8 and 4 instead of 128 and 64 channels, without the biases that
    BatchNorm subtracts again, under the names that the other official layouts have."""

    def __init__(self, latent, channels, size, image_channels):
        super().__init__()
        self.start = (channels, size // 4, size // 4)
        half = channels // 2
        self.l1 = nn.Sequential(nn.Linear(latent, channels * (size // 4) ** 2))
        self.conv_blocks = nn.Sequential(
            nn.BatchNorm2d(channels),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.LeakyReLU(0.2),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(channels, half, 3, padding=1, bias=False),
            nn.BatchNorm2d(half),
            nn.LeakyReLU(0.2),
            nn.Conv2d(half, image_channels, 3, padding=1),
            nn.Tanh(),
            nn.BatchNorm2d(image_channels, affine=False),
        )

    def forward(self, z):
        return self.conv_blocks(self.l1(z).view(-1, *self.start))


class DeepOfficialGenerator(nn.Module):
    """The released deep generator behind its noisy layers."""

    def __init__(self, released):
        super().__init__()
        self.l1, self.conv_blocks, self.size = released.l1, released.conv_blocks, released.init_size

    def forward(self, z):
        return self.conv_blocks(self.l1(z).view(len(z), -1, self.size, self.size))


class DeepPaperGenerator(nn.Module):
    """NAYER Table 5 with 8 and 4 instead of 128 and 64 channels."""

    def __init__(self, latent, channels, size, image_channels):
        super().__init__()
        self.start = (channels, size // 16, size // 16)
        features = channels * (size // 16) ** 2
        self.l1 = nn.Sequential(nn.Linear(latent, features), nn.BatchNorm1d(features))
        layers = []
        widths = [channels, channels, channels, channels // 2, channels // 2]
        for inputs, outputs in zip(widths, widths[1:]):
            layers += [
                spectral_norm(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)),
                nn.BatchNorm2d(outputs),
                nn.LeakyReLU(0.2),
                nn.Upsample(scale_factor=2),
            ]
        layers += [
            spectral_norm(nn.Conv2d(widths[-1], image_channels, 3, padding=1)),
            nn.Sigmoid(),
            nn.BatchNorm2d(image_channels),
        ]
        self.conv_blocks = nn.Sequential(*layers)

    def forward(self, z):
        return self.conv_blocks(self.l1(z).view(-1, *self.start))


def images(model):
    """Of one batch in training mode."""
    return model(weights.tensor((4, 6), 1, -2.0, 2.0))


def thinned(model):
    """Every seventh row and fifth column of its images, which are large."""
    return images(model)[:, :, ::7, ::5]


def conv_generator(fast, cmi):
    """Official, official with a wider start, the paper's, and DFAD's."""
    made = {
        "official": weights.fill(fast.Generator(nz=6, ngf=4, img_size=12, nc=3)),
        "large": weights.fill(cmi.LargeGenerator(nz=6, ngf=4, img_size=8, nc=1)),
        "paper": weights.fill(PaperGenerator(6, 8, 12, 3)),
        "dfad": weights.fill(DfadGenerator(6, 8, 12, 3)),
    }
    for name, model in made.items():
        (OUT / f"{name}.txt").write_text(names(model))
    return {f"{name}.images": images(model) for name, model in made.items()}


def larger_images(fast, nayer):
    """The official generator for small images at 64 pixels, and the deep ones."""
    released = nayer.NLDeepGenerator(
        ngf=4, img_size=48, nc=3, nl=2, le_emb_size=6, le_size=5, sbz=4
    )
    deep = {
        "deep_official": weights.fill(DeepOfficialGenerator(released)),
        "deep_paper": weights.fill(DeepPaperGenerator(6, 8, 48, 3)),
    }
    for name, model in deep.items():
        (OUT / f"{name}.txt").write_text(names(model))
    tensors = {f"{name}.thinned": thinned(model) for name, model in deep.items()}
    official = weights.fill(fast.Generator(nz=6, ngf=4, img_size=64, nc=3))
    tensors["official64.thinned"] = thinned(official)
    return tensors


def noisy_layer():
    """Seven rows, three to a layer: one linear layer after the other."""
    x = weights.tensor((7, 4), 2).requires_grad_()
    weight = weights.tensor((3, 5, 4), 3).requires_grad_()
    bias = weights.tensor((3, 5), 4).requires_grad_()
    y = torch.cat([F.linear(x[3 * i : 3 * i + 3], weight[i], bias[i]) for i in range(3)])
    (y * weights.tensor((7, 5), 5)).sum().backward()
    return {
        "noisy.output": y,
        "noisy.x.grad": x.grad,
        "noisy.weight.grad": weight.grad,
        "noisy.bias.grad": bias.grad,
    }


def generator_input():
    """Rows through a BatchNorm1d at its initial weights, and standardised over the classes."""
    rows = weights.tensor((3, 4), 6, 0.0, 5.0)
    labels = torch.tensor([0, 1, 2, 0, 1, 2, 1])
    return {
        "input.batch_norm": nn.BatchNorm1d(4)(rows[labels]),
        "input.standardized": F.batch_norm(rows, None, None, training=True)[labels],
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fast_datafree", type=pathlib.Path, required=True)
    parser.add_argument("--cmi", type=pathlib.Path, required=True)
    parser.add_argument("--nayer", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    checkouts = [arguments.fast_datafree, arguments.cmi, arguments.nayer]
    fast, cmi, nayer = (load(path / "datafree/models/generator.py") for path in checkouts)
    tensors = conv_generator(fast, cmi)
    tensors.update(larger_images(fast, nayer))
    tensors.update(noisy_layer())
    tensors.update(generator_input())
    save_file(
        {k: v.detach().contiguous() for k, v in tensors.items()}, OUT / "generators.safetensors"
    )


if __name__ == "__main__":
    main()
