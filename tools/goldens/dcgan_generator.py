"""Golden of dfkd/generators/dcgan_generator: images, gradients and statistics of one batch.

    python tools/goldens/dcgan_generator.py

Needs torch 2.11. The generator is written from the description at the top of dcgan_generator.cc and
docs/differences.md. Writes into dfkd/generators/testdata: dcgan.txt (each parameter and buffer with
its shape) and dcgan.safetensors (on inputs and weights of deterministic_weights.py).
"""

import pathlib

import deterministic_weights as weights
import torch
from models import names
from safetensors.torch import save_file
from torch import nn

OUT = pathlib.Path(__file__).resolve().parents[2] / "dfkd/generators/testdata"
LATENT, CHANNELS, HEIGHT, WIDTH = 6, 4, 32, 48


class DcganGenerator(nn.Module):
    """8, 4, 2, 1, 1 times `channels` at 1, 2, 4, 8 and 16 times the start's size."""

    def __init__(self, latent, channels, height, width, image_channels=3):
        super().__init__()
        self.start = (8 * channels, height // 16, width // 16)
        features = 8 * channels * (height // 16) * (width // 16)
        self.project = nn.Sequential(nn.Flatten(), nn.Linear(latent, features))
        layers = [nn.BatchNorm2d(8 * channels)]
        for inputs, outputs in [(8, 4), (4, 2), (2, 1), (1, 1)]:
            layers += [
                nn.ConvTranspose2d(
                    inputs * channels,
                    outputs * channels,
                    kernel_size=4,
                    stride=2,
                    padding=1,
                    bias=False,
                ),
                nn.BatchNorm2d(outputs * channels),
                nn.LeakyReLU(0.2),
            ]
        layers += [nn.Conv2d(channels, image_channels, 3, padding=1), nn.Tanh()]
        self.main = nn.Sequential(*layers)

    def forward(self, z):
        """The tanh, of which images are (1 + y) / 2."""
        return self.main(self.project(z).view(-1, *self.start))


def thinned(images):
    """Every seventh row and fifth column."""
    return images[:, :, ::7, ::5]


def main():
    model = weights.fill(DcganGenerator(LATENT, CHANNELS, HEIGHT, WIDTH))
    (OUT / "dcgan.txt").write_text(names(model))
    z = weights.tensor((4, LATENT), 1, -2.0, 2.0).requires_grad_()
    y = model(z)
    images = (1 + y) / 2
    (images * weights.tensor(images.shape, 9)).sum().backward()
    tensors = {
        "tanh.thinned": thinned(y),
        "images.thinned": thinned(images),
        "latent.grad": z.grad,
        "main.0.running_mean": model.main[0].running_mean,
        "main.11.running_var": model.main[11].running_var,
    }
    for layer in (7, 10, 13):
        tensors[f"main.{layer}.weight.grad"] = model.main[layer].weight.grad
    save_file(
        {k: v.detach().contiguous() for k, v in tensors.items()}, OUT / "dcgan.safetensors"
    )


if __name__ == "__main__":
    main()
