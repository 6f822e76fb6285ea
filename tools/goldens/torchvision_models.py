"""Goldens of dfkd/models for the networks that torchvision has, too.

    python tools/goldens/torchvision_models.py

Needs torch 2.11 and torchvision 0.26. Writes into dfkd/models/testdata: NAME.txt (each parameter
and buffer with its shape, sorted by name) and torchvision.safetensors: logits, embedding and a part
of the feature map on inputs and weights of deterministic_weights.py, and deviation and largest
number of freshly drawn weights.
"""

import pathlib

import deterministic_weights as weights
import torch
import torchvision
from models import names
from safetensors.torch import save_file
from torch import nn
from torchvision.models.resnet import Bottleneck, ResNet

OUT = pathlib.Path(__file__).resolve().parents[2] / "dfkd/models/testdata"


def features(model, x):
    """The last feature map, by a hook on what comes before the pooling, and the logits."""
    maps = []
    last = model.layer4 if hasattr(model, "layer4") else model.features
    handle = last.register_forward_hook(lambda *call: maps.append(call[2]))
    logits = model(x)
    handle.remove()
    return maps[0], logits


def evaluate(name, model, sizes):
    """Names and shapes; of two images of each size logits, embedding, and eight channels of the
    first one's feature map."""
    weights.fill(model).eval()
    (OUT / f"{name}.txt").write_text(names(model))
    tensors = {}
    for height, width in sizes:
        feature_map, logits = features(model, weights.tensor((2, 3, height, width), 1))
        key = f"{name}.{height}x{width}"
        tensors[f"{key}.logits"] = logits
        tensors[f"{key}.embedding"] = feature_map.mean(dim=(2, 3))
        tensors[f"{key}.feature_map"] = feature_map[0, :8]
    return tensors


def initial(name, model, parameters):
    """Deviation and largest number of each."""
    state = model.state_dict()
    return {f"{name}.init.{p}": torch.stack([state[p].std(), state[p].abs().max()]) for p in parameters}


def dilated_backbone():
    """What DeepLabV3 has of ResNet-50, with fewer blocks."""
    model = ResNet(Bottleneck, [1, 1, 2, 2], replace_stride_with_dilation=[False, True, True])
    model.fc = nn.Identity()
    weights.fill(model).eval()
    return {"resnet_dilated.feature_map": features(model, weights.tensor((1, 3, 64, 64), 1))[0][0, :8]}


def resnets():
    tensors = {}
    sizes = [(64, 64), (75, 50)]
    for name, classes in [("resnet18", 10), ("resnet34", 7), ("resnet50", 10)]:
        tensors.update(evaluate(name, getattr(torchvision.models, name)(num_classes=classes), sizes))
    resnet18 = weights.fill(torchvision.models.resnet18(num_classes=10)).train()
    tensors["resnet18.train.logits"] = resnet18(weights.tensor((4, 3, 64, 64), 2))
    parameters = ["conv1.weight", "layer1.0.conv1.weight", "layer3.0.conv2.weight",
                  "layer4.0.downsample.0.weight", "fc.weight"]
    tensors.update(initial("resnet50", torchvision.models.resnet50(num_classes=10), parameters))
    tensors.update(dilated_backbone())
    return tensors


def mobilenets():
    """The usual width, and one whose channels are rounded."""
    tensors = {}
    make = torchvision.models.mobilenet_v2
    tensors.update(evaluate("mobilenet_v2", make(num_classes=10), [(64, 64), (75, 50)]))
    tensors.update(evaluate("mobilenet_v2_0_35", make(num_classes=5, width_mult=0.35), [(64, 64)]))
    train = weights.fill(make(num_classes=10, dropout=0.0)).train()
    tensors["mobilenet_v2.train.logits"] = train(weights.tensor((4, 3, 64, 64), 2))
    parameters = ["features.3.conv.0.0.weight", "features.14.conv.1.0.weight",
                  "features.18.0.weight", "classifier.1.weight"]
    tensors.update(initial("mobilenet_v2", make(num_classes=10), parameters))
    return tensors


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    with torch.no_grad():
        tensors = {**resnets(), **mobilenets()}
    save_file({k: v.detach().contiguous().clone() for k, v in tensors.items()}, OUT / "torchvision.safetensors")


if __name__ == "__main__":
    main()
