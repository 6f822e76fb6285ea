"""Goldens of dfkd/losses: values and gradients, written from the definitions.

    python tools/goldens/losses.py

Needs torch 2.11. Writes dfkd/losses/testdata/losses.safetensors. Inputs are those of
deterministic_weights.py (the seeds stand below), so only results are kept: "CASE.value" and
"CASE.INPUT.grad".
"""

import pathlib

import deterministic_weights as weights
import torch
from safetensors.torch import save_file
from torch.nn import functional as F

OUT = pathlib.Path(__file__).resolve().parents[2] / "dfkd/losses/testdata"

# Inputs of two BatchNorm layers, with 3 and 5 channels.
SHAPES = [(4, 3, 5, 5), (4, 5, 3, 3)]


def layer_inputs(batch):
    """The layers' inputs in batch 0, 1, ...: seeds 20 + 2 * batch and one more."""
    return [
        weights.tensor(shape, 20 + 2 * batch + i, -1.0, 2.0).requires_grad_()
        for i, shape in enumerate(SHAPES)
    ]


def learned(layer):
    """running_mean and running_var: seeds 10 + 2 * layer and one more."""
    channels = SHAPES[layer][1]
    return (
        weights.tensor((channels,), 10 + 2 * layer),
        weights.tensor((channels,), 11 + 2 * layer, 0.5, 1.5),
    )


def statistics(x):
    """Mean and biased variance over N, H, W."""
    return x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3), unbiased=False)


def bn_stat(inputs, average=None, momentum=0.0, squared=False, standardized=False, first=1.0):
    """The statistics term; `average` holds the earlier batches' statistics per layer."""
    total = 0
    for i, x in enumerate(inputs):
        mean, variance = statistics(x)
        if average is not None:
            mean = (1 - momentum) * mean + momentum * average[i][0]
            variance = (1 - momentum) * variance + momentum * average[i][1]
        running_mean, running_var = learned(i)
        mean_gap, variance_gap = running_mean - mean, running_var - variance
        channels = mean.numel()
        if standardized:
            mean_gap = mean_gap / (running_var + 1e-5).sqrt()
            variance_gap = variance_gap / (running_var + 1e-5)
        if squared:
            term = (variance_gap**2).sum() + (mean_gap**2).sum()
            term = term / channels if standardized else term
        else:
            term = torch.norm(variance_gap, 2) + torch.norm(mean_gap, 2)
            term = term / channels**0.5 if standardized else term
        total = total + (first if i == 0 else 1.0) * term
    return total / len(inputs) if standardized else total


def record(tensors, case, value, **inputs):
    """Value and gradients."""
    value.backward()
    tensors[f"{case}.value"] = value
    for name, x in inputs.items():
        tensors[f"{case}.{name}.grad"] = x.grad


def bn_cases(tensors):
    """Options one by one, then three batches with momentum 0.9."""
    cases = {
        "plain": {},
        "squared": dict(squared=True),
        "standardized": dict(standardized=True),
        "standardized_squared": dict(standardized=True, squared=True),
        "first_layer": dict(first=10.0),
    }
    for case, options in cases.items():
        a, b = layer_inputs(0)
        record(tensors, f"bn_stat.{case}", bn_stat([a, b], **options), layer0=a, layer1=b)
    average = None
    for batch in range(3):
        inputs = layer_inputs(batch)
        value = bn_stat(inputs, average, momentum=0.9)
        record(tensors, f"bn_stat.batch{batch}", value, layer0=inputs[0], layer1=inputs[1])
        now = [tuple(s.detach() for s in statistics(x)) for x in inputs]
        if average is None:
            average = now
        else:
            average = [
                tuple(0.9 * old + 0.1 * new for old, new in zip(a, n)) for a, n in zip(average, now)
            ]


def logits():
    """The teacher's and the student's, seeds 1 and 2: 6 images, 4 classes."""
    return tuple(weights.tensor((6, 4), seed, -3.0, 3.0).requires_grad_() for seed in (1, 2))


def divergence(teacher, student, temperature):
    """KL per sample, times temperature^2."""
    p = F.softmax(teacher / temperature, dim=1)
    log_q = F.log_softmax(student / temperature, dim=1)
    return F.kl_div(log_q, p, reduction="none").sum(1) * temperature**2


def logit_cases(tensors):
    """Cross entropy, adversarial and distillation divergences."""
    labels = torch.tensor([0, 1, 2, 3, 0, 1])
    t, s = logits()
    record(tensors, "cross_entropy.teacher", F.cross_entropy(t, labels), teacher=t)
    record(tensors, "cross_entropy.student", F.cross_entropy(s, labels), student=s)
    for temperature in (1, 3):
        t, s = logits()
        mask = (t.argmax(1) == s.argmax(1)).float()
        assert 0 < mask.sum() < 6
        value = -(divergence(t, s, temperature) * mask).sum() / 6
        record(tensors, f"adversarial_kl.masked.{temperature}", value, teacher=t, student=s)
        tensors["adversarial_kl.mask"] = mask
        t, s = logits()
        value = -divergence(t, s, temperature).sum() / 6
        record(tensors, f"adversarial_kl.unmasked.{temperature}", value, teacher=t, student=s)
    for case, factor in {"batch_mean": 1, "element_mean": 1 / 4, "unscaled": 1 / 400}.items():
        t, s = logits()
        value = divergence(t, s, 20).mean() * factor
        record(tensors, f"distill_kl.{case}", value, teacher=t, student=s)


def jensen_shannon(teacher, student, temperature, floor=0.01):
    """As NVlabs/DeepInversion defines it: KL with swapped arguments, of limited probabilities."""
    p = F.softmax(student / temperature, dim=1)
    q = F.softmax(teacher / temperature, dim=1)
    p, q, m = (x.clamp(floor, 1 - floor) for x in (p, q, 0.5 * (p + q)))
    return 0.5 * F.kl_div(p.log(), m, reduction="batchmean") + 0.5 * F.kl_div(
        q.log(), m, reduction="batchmean"
    )


def competition_cases(tensors):
    """Jensen-Shannon competition and the difference of logits."""
    cases = {
        "jensen_shannon.one_minus": lambda t, s: 1 - jensen_shannon(t, s, 3).clamp(0, 1),
        "jensen_shannon.negative": lambda t, s: -jensen_shannon(t, s, 3),
        "jensen_shannon.limited": lambda t, s: -jensen_shannon(t, s, 0.5),
        "logit_l1.plain": lambda t, s: (t - s).abs().mean(),
        "logit_l1.logarithm": lambda t, s: ((t - s).abs().mean() + 1).log(),
    }
    for case, value in cases.items():
        t, s = logits()
        record(tensors, case, value(t, s), teacher=t, student=s)


def total_variation(x, norm):
    """Differences to the right, below, below on the left and below on the right."""
    differences = [
        x[:, :, :, 1:] - x[:, :, :, :-1],
        x[:, :, 1:] - x[:, :, :-1],
        x[:, :, 1:, :-1] - x[:, :, :-1, 1:],
        x[:, :, 1:, 1:] - x[:, :, :-1, :-1],
    ]
    return sum(d.abs().mean() if norm == "l1" else torch.norm(d) for d in differences)


def focal(logits, labels, gamma):
    """Lin et al.'s: cross entropy times (1 - p)^gamma; unlabelled pixels (255) cost 0, and count."""
    pixels, labels = logits.movedim(1, -1).flatten(0, -2), labels.flatten()
    labelled = labels != 255
    p = F.softmax(pixels[labelled], dim=1).gather(1, labels[labelled][:, None])
    return -((1 - p) ** gamma * p.log()).sum() / len(labels)


def focal_cases(tensors):
    """Six images; then the same logits as pixels of two pictures, two of them unlabelled."""
    labels = torch.tensor([0, 1, 2, 3, 0, 1])
    for gamma in (2, 0.5):
        t, s = logits()
        record(tensors, f"focal.student.{gamma}", focal(s, labels, gamma), student=s)
    t, s = logits()
    record(tensors, "focal.teacher", focal(t, labels, 2), teacher=t)
    t, s = logits()
    pixels = s.view(2, 3, 1, 4).permute(0, 3, 1, 2)
    labels = torch.tensor([0, 1, 2, 255, 255, 1]).view(2, 3, 1)
    record(tensors, "focal.unlabelled", focal(pixels, labels, 2), student=s)


def image_cases(tensors):
    """Image priors; 4 images of 3 channels, 6 x 5 pixels: seed 40 in [0, 1], 41 normalised."""
    cases = {
        "total_variation.l1": lambda x: total_variation(x, "l1"),
        "total_variation.l2": lambda x: total_variation(x, "l2"),
        "image_l2.mean": lambda x: torch.norm(x.flatten(1), dim=1).mean(),
        "image_l2.batch": torch.norm,
    }
    for case, value in cases.items():
        images = weights.tensor((4, 3, 6, 5), 40, 0.0, 1.0).requires_grad_()
        record(tensors, f"{case}.images", value(images), images=images)
        seen = weights.tensor((4, 3, 6, 5), 41, -2.0, 2.0).requires_grad_()
        record(tensors, f"{case}.input", value(seen), network_input=seen)


def main():
    tensors = {}
    bn_cases(tensors)
    logit_cases(tensors)
    competition_cases(tensors)
    focal_cases(tensors)
    image_cases(tensors)
    OUT.mkdir(exist_ok=True)
    save_file(
        {k: v.detach().contiguous().clone() for k, v in tensors.items()}, OUT / "losses.safetensors"
    )


if __name__ == "__main__":
    main()
