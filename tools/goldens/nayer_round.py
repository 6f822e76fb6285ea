"""Golden of one NAYER round: dfkd/methods/testdata/nayer_round.safetensors.

    python tools/goldens/nayer_round.py

Needs torch 2.11. Written from the paper's Algorithm 1 and the released code's behaviour as
docs/differences.md describes it, in plain PyTorch: two generator steps on
0.5 CE + 10 BN - 1.33 masked KL, the better step's images to the pool (truncated to 8 bits), one
student step on KL at temperature 20 over the whole pool. One-hot rows, no noisy layer and no
augmentation, so that nothing is random; weights of deterministic_weights.py.
"""

import pathlib

import deterministic_weights as weights
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

OUT = pathlib.Path(__file__).resolve().parents[2] / "dfkd/methods/testdata/nayer_round.safetensors"
CLASSES, BATCH, SIZE, CHANNELS = 3, 6, 8, 8


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        if inputs != outputs:
            self.convShortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x):
        a = F.relu(self.bn1(x))
        shortcut = self.convShortcut(a) if hasattr(self, "convShortcut") else x
        return shortcut + self.conv2(F.relu(self.bn2(self.conv1(a))))


class Stage(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.layer = nn.Sequential(Block(inputs, outputs, stride))

    def forward(self, x):
        return self.layer(x)


class WideResNet10(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, 1, 1, bias=False)
        self.block1 = Stage(width, width, 1)
        self.block2 = Stage(width, 2 * width, 2)
        self.block3 = Stage(2 * width, 4 * width, 2)
        self.bn1 = nn.BatchNorm2d(4 * width)
        self.fc = nn.Linear(4 * width, CLASSES)

    def forward(self, x):
        h = self.block3(self.block2(self.block1(self.conv1(x))))
        return self.fc(F.relu(self.bn1(h)).mean((2, 3)))


class Generator(nn.Module):
    """The released code's layout."""

    def __init__(self):
        super().__init__()
        self.start = SIZE // 4
        self.l1 = nn.Sequential(nn.Linear(CLASSES, CHANNELS * self.start**2))
        half = CHANNELS // 2
        self.conv_blocks = nn.Sequential(
            nn.BatchNorm2d(CHANNELS),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(CHANNELS, CHANNELS, 3, 1, 1, bias=False),
            nn.BatchNorm2d(CHANNELS),
            nn.LeakyReLU(0.2),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(CHANNELS, half, 3, 1, 1, bias=False),
            nn.BatchNorm2d(half),
            nn.LeakyReLU(0.2),
            nn.Conv2d(half, 3, 3, 1, 1),
            nn.Sigmoid(),
        )

    def forward(self, z):
        return self.conv_blocks(self.l1(z).view(-1, CHANNELS, self.start, self.start))


def batch_norm_gap(inputs):
    gap = 0
    for layer, x in inputs:
        gap = gap + (layer.running_var - x.var((0, 2, 3), unbiased=False)).norm()
        gap = gap + (layer.running_mean - x.mean((0, 2, 3))).norm()
    return gap


def main():
    torch.manual_seed(0)
    teacher = weights.fill(WideResNet10(4)).eval().requires_grad_(False)
    # Near enough to the teacher that they name the same class for some of the images.
    student = weights.fill(WideResNet10(4)).eval()
    with torch.no_grad():
        student.fc.weight.mul_(1.5)
        student.fc.bias[1] += 2.0
    generator = weights.fill(Generator())
    inputs = []
    for layer in teacher.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.register_forward_hook(lambda m, i, o: inputs.append((m, i[0])))

    labels = torch.arange(CLASSES).repeat(BATCH // CLASSES)
    adam = torch.optim.Adam(generator.parameters(), 4e-3, (0.5, 0.999))
    golden, best, kept = {}, float("inf"), None
    for step in range(2):
        images = generator(F.one_hot(labels, CLASSES).float())
        inputs.clear()
        x = (images - 0.5) / 0.5
        t = teacher(x)
        s = student(x)
        cross_entropy = F.cross_entropy(t, labels)
        gap = batch_norm_gap(inputs)
        mask = (s.argmax(1) == t.argmax(1)).float()
        divergence = F.kl_div(F.log_softmax(s, 1), F.softmax(t, 1), reduction="none").sum(1)
        golden[f"step{step}.agreeing"] = mask.sum()
        adversarial = -(mask * divergence).mean()
        loss = 0.5 * cross_entropy + 10 * gap + 1.33 * adversarial
        for name, value in (("cross_entropy", cross_entropy), ("bn_stat", gap), ("adversarial_kl", adversarial)):
            golden[f"step{step}.{name}"] = value
        if loss.item() < best:
            best, kept = loss.item(), images.detach()
        adam.zero_grad()
        loss.backward()
        adam.step()
    golden |= {f"generator.{name}": value for name, value in generator.state_dict().items()}

    pool = (kept * 255).to(torch.uint8)
    golden["pool"] = pool
    student.train()
    student.zero_grad()
    sgd = torch.optim.SGD(student.parameters(), 0.2, 0.9, weight_decay=1e-4)
    x = (pool.float() / 255 - 0.5) / 0.5
    with torch.no_grad():
        t = teacher(x)
    loss = F.kl_div(F.log_softmax(student(x) / 20, 1), F.softmax(t / 20, 1), reduction="batchmean") * 400
    golden["student_loss"] = loss
    loss.backward()
    sgd.step()
    golden |= {f"student.{name}": value for name, value in student.state_dict().items()}
    save_file({k: v.detach().contiguous() for k, v in golden.items()}, str(OUT))


if __name__ == "__main__":
    main()
