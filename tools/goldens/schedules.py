"""Goldens of dfkd/schedules: learning rates that torch.optim.lr_scheduler gives, epoch by epoch.

    python tools/goldens/schedules.py

Needs torch 2.11. Writes dfkd/schedules/testdata/schedules.safetensors: "CASE" [steps] float64, the rate
before the first and after each further call of scheduler.step(), for a base rate of 0.2.
"""

import math
import pathlib

import torch
from safetensors.torch import save_file
from torch.optim import lr_scheduler as schedulers

OUT = pathlib.Path(__file__).resolve().parents[2] / "dfkd/schedules/testdata"

BASE = 0.2


def linear(epochs):
    return lambda step: 1 - step / epochs if step <= epochs else 0


def half_cosine(epochs):
    return lambda step: 0.5 * (1 + math.cos(math.pi * step / epochs)) if step <= epochs else 0


def warmup(optimizer, epochs, start, after):
    ramp = schedulers.LinearLR(optimizer, start_factor=start, end_factor=1.0, total_iters=epochs)
    return schedulers.SequentialLR(optimizer, [ramp, after(optimizer)], milestones=[epochs])


# name -> (number of rates, scheduler of an optimiser)
CASES = {
    "constant": (5, lambda o: schedulers.ConstantLR(o, factor=1.0, total_iters=0)),
    "cosine.nayer": (101, lambda o: schedulers.CosineAnnealingLR(o, T_max=100, eta_min=2e-4)),
    "cosine.to_zero": (301, lambda o: schedulers.CosineAnnealingLR(o, T_max=300)),
    "cosine.periodic": (26, lambda o: schedulers.CosineAnnealingLR(o, T_max=7, eta_min=0.01)),
    "step.every": (100, lambda o: schedulers.StepLR(o, step_size=30, gamma=0.3)),
    "step.milestones": (300, lambda o: schedulers.MultiStepLR(o, milestones=[100, 200, 200], gamma=0.1)),
    "lambda.linear": (103, lambda o: schedulers.LambdaLR(o, linear(100))),
    "lambda.cosine": (103, lambda o: schedulers.LambdaLR(o, half_cosine(100))),
    "warmup.cosine": (
        101,
        lambda o: warmup(o, 10, 0.01, lambda o: schedulers.CosineAnnealingLR(o, T_max=90, eta_min=2e-4)),
    ),
    "warmup.step": (
        40,
        lambda o: warmup(o, 5, 0.2, lambda o: schedulers.MultiStepLR(o, milestones=[10, 20], gamma=0.5)),
    ),
}


def rates(count, make):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=BASE)
    scheduler = make(optimizer)
    values = []
    for _ in range(count):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return torch.tensor(values, dtype=torch.float64)


def main():
    save_file({name: rates(*case) for name, case in CASES.items()}, OUT / "schedules.safetensors")


if __name__ == "__main__":
    main()
