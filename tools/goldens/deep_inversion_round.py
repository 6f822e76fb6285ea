"""Golden of one DeepInversion round: dfkd/methods/testdata/deep_inversion_round.safetensors.

    python tools/goldens/deep_inversion_round.py

Needs torch 2.11. Written from the paper and the released code's behaviour as docs/differences.md
describes it, in plain PyTorch: noise becomes images in two phases of two Adam steps each, the first
on 2x2 means, on CE + 10 BN + 0.01 TV + 0.001 L2 + (1 - JS), under a roll and a flip of the whole
batch and a cosine over each phase's steps; then one student step on KL at temperature 20 over the
six images. Noise and augmentation are drawn as dfkd's named streams draw them; weights are those of
deterministic_weights.py.
"""

import math
import pathlib

import deterministic_weights as weights
import torch
from losses import jensen_shannon, total_variation
from nayer_round import BATCH, CLASSES, SIZE, WideResNet10, batch_norm_gap
from random_stream import seed_of
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

OUT = (
    pathlib.Path(__file__).resolve().parents[2]
    / "dfkd/methods/testdata/deep_inversion_round.safetensors"
)
RATE, STEPS = 0.1, 2


class Stream:
    """A named stream of seed 0."""

    def __init__(self, name):
        self.name, self.counter = name, 0

    def next(self):
        torch.manual_seed(seed_of(0, self.name, self.counter))
        self.counter += 1


def augment(x, stream, limit=1):
    stream.next()
    shift = (torch.rand(2, 1) * (2 * limit + 1)).floor().long() - limit
    x = torch.roll(x, (int(shift[0]), int(shift[1])), (2, 3))
    stream.next()
    return x.flip(3) if torch.rand(1) < 0.5 else x


def main():
    teacher = weights.fill(WideResNet10(4)).eval().requires_grad_(False)
    student = weights.fill(WideResNet10(4)).eval()
    with torch.no_grad():
        student.fc.weight.mul_(1.5)
        student.fc.bias[1] += 2.0
    inputs = []
    for layer in teacher.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.register_forward_hook(lambda m, i, o: inputs.append((m, i[0])))

    labels = torch.arange(CLASSES).repeat(BATCH // CLASSES)
    noise, augmentation = Stream("noise_images"), Stream("generator_augmentation")
    noise.next()
    pixels = torch.randn(BATCH, 3, SIZE, SIZE).requires_grad_()
    sums, golden = {}, {}
    for pooling in (2, 1):
        adam = torch.optim.Adam([pixels], RATE, (0.5, 0.9))
        for step in range(STEPS):
            for group in adam.param_groups:
                group["lr"] = RATE * (1 + math.cos(math.pi * step / STEPS)) / 2
            seen = augment(F.avg_pool2d(pixels, pooling), augmentation)
            inputs.clear()
            t, s = teacher(seen), student(seen)
            terms = {
                "cross_entropy": (1, F.cross_entropy(t, labels)),
                "bn_stat": (10, batch_norm_gap(inputs)),
                "total_variation": (0.01, total_variation(seen, "l2")),
                "image_l2": (0.001, seen.flatten(1).norm(dim=1).mean()),
                "jensen_shannon": (1, 1 - jensen_shannon(t, s, 3).clamp(0, 1)),
            }
            for name, (_, value) in terms.items():
                sums[name] = sums.get(name, 0) + value.detach()
            adam.zero_grad()
            sum(weight * value for weight, value in terms.values()).backward()
            adam.step()
            with torch.no_grad():
                # Black and white where mean and deviation are 0.5.
                pixels.clamp_(-1, 1)
    golden |= {name: value / (2 * STEPS) for name, value in sums.items()}

    pool = ((pixels.detach() * 0.5 + 0.5) * 255).to(torch.uint8)
    golden["pool"] = pool
    student.train()
    student.zero_grad()
    sgd = torch.optim.SGD(student.parameters(), 0.1, 0.9, weight_decay=1e-4)
    x = (pool.float() / 255 - 0.5) / 0.5
    with torch.no_grad():
        t = teacher(x)
    loss = F.kl_div(F.log_softmax(student(x) / 20, 1), F.softmax(t / 20, 1), reduction="batchmean")
    golden["student_loss"] = 400 * loss
    (400 * loss).backward()
    sgd.step()
    golden |= {f"student.{name}": value for name, value in student.state_dict().items()}
    save_file({k: v.detach().contiguous() for k, v in golden.items()}, str(OUT))


if __name__ == "__main__":
    main()
