"""Goldens of the models in dfkd/models that give a class for each pixel.

    python tools/goldens/segmentation_models.py --dfad=CHECKOUT

Needs torch 2.11, torchvision 0.26 and a checkout of VainF/Data-Free-Adversarial-Distillation. Writes into
dfkd/models/testdata: NAME.txt (each parameter and buffer with its shape, sorted by name) and
segmentation.safetensors (on inputs and weights of deterministic_weights.py, every third row and column of
the logits, and the mean of the backbone's map; deviations of freshly drawn weights).
"""

import argparse
import importlib.util
import pathlib
import sys
import types

import deterministic_weights as weights
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F
from torchvision.models._utils import IntermediateLayerGetter
from torchvision.models.segmentation import deeplabv3_resnet50

OUT = pathlib.Path(__file__).resolve().parents[2] / "dfkd/models/testdata"


def load_package(folder, *modules):
    """Files of a package whose __init__ is left out."""
    package = types.ModuleType("segmentation")
    package.__path__ = [str(folder)]
    sys.modules["segmentation"] = package
    for name in modules:
        spec = importlib.util.spec_from_file_location(f"segmentation.{name}", folder / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        yield module


def names(module):
    """Lines "name: [shape]"."""
    return "".join(f"{k}: {list(v.shape)}\n" for k, v in sorted(module.state_dict().items()))


def logits_of(model, x):
    out = model(x)
    return out["out"] if isinstance(out, dict) else out


def record(tensors, name, model, sizes):
    (OUT / f"{name}.txt").write_text(names(model))
    drawn = {"backbone.layer3.0.conv2.weight", "backbone.features.9.conv.6.weight"}
    drawn |= {"classifier.0.convs.2.0.weight", "classifier.1.weight"}
    for key, value in model.state_dict().items():
        if key in drawn:
            tensors[f"{name}.deviation.{key}"] = value.std()
    weights.fill(model).eval()
    for height, width in sizes:
        x = weights.tensor((2, 3, height, width), 1)
        tensors[f"{name}.{height}x{width}.logits"] = logits_of(model, x)[:, :, ::3, ::3]
        if hasattr(model, "backbone"):
            tensors[f"{name}.{height}x{width}.embedding"] = model.backbone(x)["out"].mean((2, 3))


class PlainSegmenter(nn.Module):
    """Stages of two convolutions with max-pooling between them, a 1x1 convolution, enlargement."""

    def __init__(self, channels, widths, classes):
        super().__init__()
        for i, width in enumerate(widths):
            stage = nn.Module()
            for j, inputs in ((1, channels), (2, width)):
                stage.add_module(f"conv{j}", nn.Conv2d(inputs, width, 3, padding=1, bias=False))
                stage.add_module(f"bn{j}", nn.BatchNorm2d(width))
            self.add_module(f"stage{i + 1}", stage)
            channels = width
        self.classifier = nn.Conv2d(channels, classes, 1)
        self.stages = len(widths)

    def forward(self, x):
        h = x
        for i in range(self.stages):
            stage = getattr(self, f"stage{i + 1}")
            h = F.max_pool2d(h, 2, ceil_mode=True) if i > 0 else h
            h = F.relu(stage.bn1(stage.conv1(h)))
            h = F.relu(stage.bn2(stage.conv2(h)))
        return F.interpolate(self.classifier(h), size=x.shape[2:], mode="bilinear", align_corners=False)


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dfad", type=pathlib.Path, required=True)
    folder = parser.parse_args().dfad / "network/segmentation"
    _, deeplab, mobilenet = load_package(folder, "utils", "_deeplab", "mobilenet")
    OUT.mkdir(exist_ok=True)
    torch.manual_seed(0)
    tensors = {}
    sizes = [(33, 48), (24, 24)]
    record(tensors, "plain_segmenter", PlainSegmenter(3, [4, 6, 5], 3), [(7, 5), (12, 16)])
    resnet = deeplabv3_resnet50(weights=None, weights_backbone=None, num_classes=4, aux_loss=False)
    record(tensors, "deeplabv3_resnet50", resnet, sizes)
    resnet = deeplabv3_resnet50(weights=None, weights_backbone=None, num_classes=4, aux_loss=True)
    (OUT / "deeplabv3_resnet50_auxiliary.txt").write_text(names(resnet))
    # As deeplabv3_mobilenet in deeplabv3.py, whose imports are older than torchvision 0.26.
    backbone = IntermediateLayerGetter(mobilenet.MobileNetV2(pretrained=False), {"features": "out"})
    model = deeplab.DeepLabV3(backbone, deeplab.DeepLabHead(320, 4), None)
    record(tensors, "deeplabv3_mobilenet_v2", model, sizes)
    save_file({k: v.contiguous() for k, v in tensors.items()}, OUT / "segmentation.safetensors")


if __name__ == "__main__":
    main()
