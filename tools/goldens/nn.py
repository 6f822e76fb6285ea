"""Goldens of dfkd/nn.

    python tools/goldens/nn.py

Needs torch 2.11. Writes dfkd/nn/testdata/nn.safetensors.
"""

import pathlib

import deterministic_weights as weights
import torch
from safetensors.torch import save_file
from torch import nn

OUT = pathlib.Path(__file__).resolve().parents[2] / "dfkd/nn/testdata"


def batch_norm():
    """Two batches in training mode, one in evaluation mode."""
    layer = weights.fill(nn.BatchNorm2d(4))
    first, second = weights.tensor((5, 4, 3, 3), 11), weights.tensor((5, 4, 3, 3), 12, 0.0, 3.0)
    tensors = {"batch_norm.train": layer(first)}
    layer(second)
    tensors["batch_norm.running_mean"] = layer.running_mean.clone()
    tensors["batch_norm.running_var"] = layer.running_var.clone()
    tensors["batch_norm.eval"] = layer.eval()(first)
    return tensors


def convolution():
    """Stride, padding, dilation and groups."""
    layer = weights.fill(nn.Conv2d(4, 6, 3, stride=2, padding=2, dilation=2, groups=2))
    return {"conv.output": layer(weights.tensor((2, 4, 7, 6), 13))}


def transposed_convolution():
    """Twice the size, two groups; gradients of a weighted sum."""
    layer = weights.fill(nn.ConvTranspose2d(4, 6, 4, stride=2, padding=1, groups=2))
    x = weights.tensor((2, 4, 5, 3), 19).requires_grad_()
    y = layer(x)
    (y * weights.tensor(y.shape, 20)).sum().backward()
    return {
        "conv_transpose.output": y,
        "conv_transpose.x.grad": x.grad,
        "conv_transpose.weight.grad": layer.weight.grad,
        "conv_transpose.bias.grad": layer.bias.grad,
    }


def spectral_norm():
    """Two passes in training mode, the second one's gradient, one pass in evaluation mode."""
    layer = weights.fill(nn.utils.spectral_norm(nn.Conv2d(3, 4, 3, padding=1)))
    x = weights.tensor((2, 3, 5, 5), 14)
    tensors = {"spectral.first": layer(x)}
    second = layer(x)
    tensors["spectral.second"] = second
    (second * weights.tensor(second.shape, 15)).sum().backward()
    tensors["spectral.weight_orig.grad"] = layer.weight_orig.grad
    tensors["spectral.weight_u"] = layer.weight_u.clone()
    tensors["spectral.weight_v"] = layer.weight_v.clone()
    tensors["spectral.eval"] = layer.eval()(x)
    return tensors


def batch_statistics():
    """Mean and biased variance with the gradient of a weighted sum of both."""
    x = weights.tensor((6, 5, 4, 3), 16, -1.0, 3.0).requires_grad_()
    variance, mean = torch.var_mean(x, dim=(0, 2, 3), correction=0)
    (mean * weights.tensor((5,), 17) + variance * weights.tensor((5,), 18)).sum().backward()
    return {"statistics.mean": mean, "statistics.variance": variance, "statistics.grad": x.grad}


def main():
    tensors = {}
    for part in (
        batch_norm,
        convolution,
        transposed_convolution,
        spectral_norm,
        batch_statistics,
    ):
        tensors.update(part())
    OUT.mkdir(exist_ok=True)
    save_file({k: v.detach().contiguous().clone() for k, v in tensors.items()}, OUT / "nn.safetensors")


if __name__ == "__main__":
    main()
