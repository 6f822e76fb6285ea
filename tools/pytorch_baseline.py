#!/usr/bin/env python3
"""Times NAYER's two steps in plain PyTorch: what `//dfkd/experiments:benchmark` is compared with.

    python tools/pytorch_baseline.py [--teacher=wrn16_2] [--student=wrn16_1] [--size=32]
        [--generator_batch=100] [--student_batch=128] [--precision=fp32|bf16]
        [--memory_format=contiguous|channels_last] [--device=cpu|cuda] [--threads=N] [--steps=10]

Needs torch 2.11. The same mathematics as dfkd's, from docs/differences.md (preset "official", behind
the warm-up), as one writes it in PyTorch: modules, autograd, hooks on BatchNorm, a pool in memory.

    generator step  rows -> BatchNorm1d -> noisy linear -> generator -> crop, flip, normalise ->
                    teacher with BN statistics, student -> 0.5 CE + 10 BN - 1.33 masked KL -> Adam
    student step    pool -> crop, flip, normalise -> teacher, student -> KL at temperature 20 -> SGD

Prints a line of JSON: seconds a step (median), images a second, and what was asked for.
"""

import argparse
import json
import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F

CLASSES, ROW_SIZE, NOISE_SIZE = 10, 384, 1000


class Block(nn.Module):
    """Pre-activation; the shortcut takes the activated input."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.shortcut = None
        if inputs != outputs:
            self.shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x):
        a = F.relu(self.bn1(x))
        x = x if self.shortcut is None else self.shortcut(a)
        return x + self.conv2(F.relu(self.bn2(self.conv1(a))))


class WideResNet(nn.Module):
    def __init__(self, depth, widen):
        super().__init__()
        blocks = (depth - 4) // 6
        widths = [16, 16 * widen, 32 * widen, 64 * widen]
        self.stem = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        layers = []
        for i in range(3):
            for j in range(blocks):
                inputs = widths[i] if j == 0 else widths[i + 1]
                layers.append(Block(inputs, widths[i + 1], 2 if i > 0 and j == 0 else 1))
        self.blocks = nn.Sequential(*layers)
        self.norm = nn.BatchNorm2d(widths[3])
        self.linear = nn.Linear(widths[3], CLASSES)

    def forward(self, x):
        h = F.relu(self.norm(self.blocks(self.stem(x))))
        return self.linear(h.mean((2, 3)))


class Generator(nn.Module):
    """BatchNorm1d over rows, the noisy linear layers (one per K images), and two upsamplings."""

    def __init__(self, size, batch):
        super().__init__()
        self.start = size // 4
        self.norm = nn.BatchNorm1d(ROW_SIZE)
        self.noisy = nn.ModuleList(
            [nn.Linear(ROW_SIZE, NOISE_SIZE) for _ in range(-(-batch // CLASSES))]
        )
        self.project = nn.Linear(NOISE_SIZE, 128 * self.start**2)
        self.body = nn.Sequential(
            nn.BatchNorm2d(128),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(128, 128, 3, 1, 1, bias=False),
            nn.BatchNorm2d(128),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(128, 64, 3, 1, 1, bias=False),
            nn.BatchNorm2d(64),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(64, 3, 3, 1, 1),
            nn.Sigmoid(),
        )

    def forward(self, rows):
        parts = self.norm(rows).split(CLASSES)
        h = torch.cat([noisy(part) for noisy, part in zip(self.noisy, parts)])
        h = self.project(h).view(-1, 128, self.start, self.start)
        return self.body(h)


def network(name):
    depth, widen = name.removeprefix("wrn").split("_")
    return WideResNet(int(depth), int(widen))


def augment(x):
    """Crop with a padding of 4 and a flip, per sample."""
    n, _, height, width = x.shape
    padded = F.pad(x, (4, 4, 4, 4))
    rows = torch.arange(height, device=x.device) + torch.randint(0, 9, (n, 1), device=x.device)
    columns = torch.arange(width, device=x.device) + torch.randint(0, 9, (n, 1), device=x.device)
    flip = torch.rand(n, 1, device=x.device) < 0.5
    columns = torch.where(flip, columns.flip(1), columns)
    index = torch.arange(n, device=x.device)[:, None, None]
    out = padded.permute(0, 2, 3, 1)[index, rows[:, :, None], columns[:, None, :]]
    return out.permute(0, 3, 1, 2)


class Steps:
    def __init__(self, args):
        self.args = args
        layout = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}
        self.layout = layout[args.memory_format]
        make = lambda module: module.to(args.device, memory_format=self.layout)
        self.teacher = make(network(args.teacher)).eval().requires_grad_(False)
        self.student = make(network(args.student))
        self.generator = make(Generator(args.size, args.generator_batch))
        self.adam = torch.optim.Adam(self.generator.parameters(), 4e-3, (0.5, 0.999))
        self.sgd = torch.optim.SGD(
            self.student.parameters(), 0.2, momentum=0.9, weight_decay=1e-4
        )
        self.labels = torch.arange(args.generator_batch, device=args.device) % CLASSES
        self.rows = torch.randn(CLASSES, ROW_SIZE, device=args.device)[self.labels]
        self.pool = torch.randint(
            0, 256, (2000, 3, args.size, args.size), dtype=torch.uint8, device=args.device
        )
        self.inputs = []
        self.layers = [m for m in self.teacher.modules() if isinstance(m, nn.BatchNorm2d)]
        self.averages = [None] * len(self.layers)

    def autocast(self):
        return torch.autocast(
            self.args.device, torch.bfloat16, enabled=self.args.precision == "bf16"
        )

    def batch_norm_loss(self):
        total = 0.0
        for i, (layer, x) in enumerate(zip(self.layers, self.inputs)):
            variance, mean = torch.var_mean(x.float(), (0, 2, 3), correction=0)
            if self.averages[i] is None:  # of earlier batches; moved once a batch, not here
                self.averages[i] = (mean.detach(), variance.detach())
            mean = 0.1 * mean + 0.9 * self.averages[i][0]
            variance = 0.1 * variance + 0.9 * self.averages[i][1]
            total = total + (layer.running_var - variance).norm()
            total = total + (layer.running_mean - mean).norm()
        return total

    def generator_step(self):
        self.student.eval().requires_grad_(False)
        hooks = [
            layer.register_forward_hook(lambda _, x, __: self.inputs.append(x[0]))
            for layer in self.layers
        ]
        self.inputs = []
        with self.autocast():
            images = self.generator(self.rows)
            normalized = (augment(images.float()) - 0.5) / 0.5
            normalized = normalized.contiguous(memory_format=self.layout)
            teacher = self.teacher(normalized)
            student = self.student(normalized)
        teacher, student = teacher.float(), student.float()
        kl = F.kl_div(student.log_softmax(1), teacher.softmax(1), reduction="none").sum(1)
        mask = (teacher.argmax(1) == student.argmax(1)).float()
        loss = 0.5 * F.cross_entropy(teacher, self.labels) + 10 * self.batch_norm_loss()
        loss = loss - 1.33 * (mask * kl).mean()
        self.adam.zero_grad()
        loss.backward()
        self.adam.step()
        for hook in hooks:
            hook.remove()
        return loss.item()  # the best image is kept by the loss, so that each step reads it

    def student_step(self):
        self.student.train().requires_grad_(True)
        index = torch.randint(0, len(self.pool), (self.args.student_batch,))
        images = self.pool[index.to(self.args.device)].float() / 255
        normalized = (augment(images) - 0.5) / 0.5
        normalized = normalized.contiguous(memory_format=self.layout)
        with self.autocast():
            with torch.no_grad():
                teacher = self.teacher(normalized)
            student = self.student(normalized)
        loss = 400 * F.kl_div(
            (student.float() / 20).log_softmax(1),
            (teacher.float() / 20).softmax(1),
            reduction="batchmean",
        )
        self.sgd.zero_grad()
        loss.backward()
        self.sgd.step()
        return loss.item()


def seconds(step, count, device):
    times = []
    for _ in range(count + 3):
        if device == "cuda":
            torch.cuda.synchronize()
        began = time.perf_counter()
        step()
        if device == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - began)
    return statistics.median(times[3:])


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--teacher", default="wrn16_2")
    parser.add_argument("--student", default="wrn16_1")
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--generator_batch", type=int, default=100)
    parser.add_argument("--student_batch", type=int, default=128)
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument(
        "--memory_format", choices=("contiguous", "channels_last"), default="channels_last"
    )
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--threads", type=int, default=0, help="0: as PyTorch chooses")
    parser.add_argument("--steps", type=int, default=10)
    args = parser.parse_args()
    if args.threads > 0:
        torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    steps = Steps(args)
    generator = seconds(steps.generator_step, args.steps, args.device)
    student = seconds(steps.student_step, args.steps, args.device)
    print(
        json.dumps(
            {
                **vars(args),
                "threads": torch.get_num_threads(),
                "generator_step_seconds": round(generator, 4),
                "generator_images_per_second": round(args.generator_batch / generator, 1),
                "student_step_seconds": round(student, 4),
                "student_images_per_second": round(args.student_batch / student, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
