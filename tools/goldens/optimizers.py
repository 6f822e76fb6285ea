"""Goldens of dfkd/optimizers: parameters after each of several steps of torch.optim.

    python tools/goldens/optimizers.py

Needs torch 2.11. Writes dfkd/optimizers/testdata/optimizers.safetensors: "start.I" (parameters),
"gradient.S.I" (of step S and parameter I), "CASE.S.I" (parameters after step S + 1), and
"CASE.unfused.S.I" for the default implementation. Parameter 2 has no gradient in step 1. The learning
rate of step S is that of the case times LEARNING_RATE_FACTORS[S].
"""

import pathlib

import torch
from safetensors.torch import save_file

OUT = pathlib.Path(__file__).resolve().parents[2] / "dfkd/optimizers/testdata"

STEPS = 5
SHAPES = [(4, 3, 3, 3), (7,), (5, 6)]
LEARNING_RATE_FACTORS = [1.0, 1.0, 0.5, 0.5, 0.1]

SGD, ADAM, ADAMW = torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW
CASES = {
    "sgd.plain": (SGD, dict(lr=0.1)),
    "sgd.momentum": (SGD, dict(lr=0.2, momentum=0.9, weight_decay=1e-4)),
    "sgd.dampening": (SGD, dict(lr=0.2, momentum=0.9, dampening=0.3)),
    "sgd.nesterov": (SGD, dict(lr=0.1, momentum=0.8, nesterov=True, weight_decay=5e-4)),
    "adam.default": (ADAM, dict(lr=1e-3)),
    "adam.generator": (ADAM, dict(lr=4e-3, betas=(0.5, 0.999))),
    "adam.decay": (ADAM, dict(lr=1e-2, weight_decay=0.1, eps=1e-4)),
    "adam.amsgrad": (ADAM, dict(lr=1e-2, amsgrad=True)),
    "adamw.default": (ADAMW, dict(lr=1e-3)),
    "adamw.decay": (ADAMW, dict(lr=1e-2, weight_decay=0.1, betas=(0.8, 0.99))),
    "adamw.amsgrad": (ADAMW, dict(lr=1e-2, amsgrad=True)),
}


def run(optimizer_class, options, start, gradients, fused):
    """Parameters after each step."""
    parameters = [p.clone().requires_grad_() for p in start]
    optimizer = optimizer_class(parameters, fused=fused, **options)
    history = []
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = options["lr"] * LEARNING_RATE_FACTORS[step]
        for index, parameter in enumerate(parameters):
            absent = step == 1 and index == 2
            parameter.grad = None if absent else gradients[step][index].clone()
        optimizer.step()
        history.append([p.detach().clone() for p in parameters])
    return history


def main():
    generator = torch.Generator().manual_seed(0)
    start = [torch.randn(shape, generator=generator) for shape in SHAPES]
    gradients = [[torch.randn(s, generator=generator) for s in SHAPES] for _ in range(STEPS)]
    tensors = {f"start.{i}": p for i, p in enumerate(start)}
    for step, of_step in enumerate(gradients):
        for i, gradient in enumerate(of_step):
            if not (step == 1 and i == 2):
                tensors[f"gradient.{step}.{i}"] = gradient
    for case, (optimizer_class, options) in CASES.items():
        for suffix, fused in [("", True), (".unfused", False)]:
            history = run(optimizer_class, options, start, gradients, fused)
            for step, parameters in enumerate(history):
                if suffix and step < STEPS - 1:
                    continue
                for i, parameter in enumerate(parameters):
                    tensors[f"{case}{suffix}.{step}.{i}"] = parameter
    save_file(tensors, OUT / "optimizers.safetensors")


if __name__ == "__main__":
    main()
