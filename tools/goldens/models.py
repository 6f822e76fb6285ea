"""Goldens of dfkd/models.

    python tools/goldens/models.py --fast_datafree=CHECKOUT

Needs torch 2.11 and a checkout of zju-vipa/Fast-Datafree, the public data-free code. Writes into
dfkd/models/testdata: NAME.txt (each parameter and buffer with its shape, sorted by name) and
models.safetensors (logits and features on inputs and weights of deterministic_weights.py).
"""

import argparse
import importlib.util
import pathlib

import deterministic_weights as weights
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

OUT = pathlib.Path(__file__).resolve().parents[2] / "dfkd/models/testdata"


def load(path):
    """A Python file as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def names(module):
    """Lines "name: [shape]"."""
    return "".join(f"{k}: {list(v.shape)}\n" for k, v in sorted(module.state_dict().items()))


def wide_resnet(wresnet):
    """Logits and pooled features in evaluation mode, and logits in training mode."""
    tensors = {}
    for name, make, classes in [("wrn16_1", wresnet.wrn_16_1, 10), ("wrn40_2", wresnet.wrn_40_2, 7)]:
        model = weights.fill(make(num_classes=classes)).eval()
        (OUT / f"{name}.txt").write_text(names(model))
        for size in [(32, 32), (20, 13)]:
            logits, features = model(weights.tensor((2, 3, *size), 1), return_features=True)
            key = f"{name}.{size[0]}x{size[1]}"
            tensors[f"{key}.logits"], tensors[f"{key}.embedding"] = logits, features
        tensors[f"{name}.train.logits"] = model.train()(weights.tensor((4, 3, 32, 32), 2))
        tensors[f"{name}.train.running_var"] = model.bn1.running_var.clone()
    return tensors


def cifar(name, model, sizes):
    """Logits of several sizes in evaluation mode, the first one's pooled features, and logits in
    training mode."""
    weights.fill(model).eval()
    (OUT / f"{name}.txt").write_text(names(model))
    tensors = {}
    for size in sizes:
        logits, features = model(weights.tensor((2, 3, *size), 1), return_features=True)
        key = f"{name}.{size[0]}x{size[1]}"
        tensors[f"{key}.logits"] = logits
        tensors.setdefault(f"{name}.embedding", features)
    tensors[f"{name}.train.logits"] = model.train()(weights.tensor((4, 3, 32, 32), 2))
    return tensors


class PlainStage(nn.Module):
    """Convolutions with BatchNorm and ReLU."""

    def __init__(self, inputs, outputs, convolutions):
        super().__init__()
        for i in range(convolutions):
            self.add_module(f"conv{i + 1}", nn.Conv2d(inputs if i == 0 else outputs, outputs, 3, padding=1, bias=False))
            self.add_module(f"bn{i + 1}", nn.BatchNorm2d(outputs))
        self.convolutions = convolutions

    def forward(self, x):
        for i in range(self.convolutions):
            x = F.relu(getattr(self, f"bn{i + 1}")(getattr(self, f"conv{i + 1}")(x)))
        return x


class PlainCnn(nn.Module):
    """Stages with max-pooling between them."""

    def __init__(self, channels, widths, convolutions, classes):
        super().__init__()
        for i, width in enumerate(widths):
            self.add_module(f"stage{i + 1}", PlainStage(channels, width, convolutions))
            channels = width
        self.classifier = nn.Linear(channels, classes)
        self.stages = len(widths)

    def forward(self, x):
        for i in range(self.stages):
            if i > 0:
                x = F.max_pool2d(x, 2, ceil_mode=True)
            x = getattr(self, f"stage{i + 1}")(x)
        return self.classifier(x.mean(dim=(2, 3)))


def plain_cnn():
    """One grey channel, a size that does not divide by 2."""
    model = weights.fill(PlainCnn(1, [4, 6, 5], 2, 3)).eval()
    (OUT / "plain_cnn.txt").write_text(names(model))
    return {"plain_cnn.logits": model(weights.tensor((2, 1, 7, 5), 3))}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fast_datafree", type=pathlib.Path, required=True)
    classifiers = parser.parse_args().fast_datafree / "datafree/models/classifiers"
    OUT.mkdir(exist_ok=True)
    tensors = wide_resnet(load(classifiers / "wresnet.py"))
    resnet, vgg = load(classifiers / "resnet.py"), load(classifiers / "vgg.py")
    sizes = [(32, 32), (20, 13)]
    tensors.update(cifar("cifar_resnet18", resnet.resnet18(num_classes=10), sizes))
    tensors.update(cifar("cifar_resnet34", resnet.resnet34(num_classes=7), sizes))
    sizes.append((64, 64))
    tensors.update(cifar("cifar_vgg11", vgg.vgg11_bn(num_classes=10), sizes))
    tensors.update(plain_cnn())
    save_file({k: v.detach().contiguous() for k, v in tensors.items()}, OUT / "models.safetensors")


if __name__ == "__main__":
    main()
