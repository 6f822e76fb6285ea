"""Golden of one Fast round: dfkd/methods/testdata/fast_round.safetensors.

    python tools/goldens/fast_round.py

Needs torch 2.11. Written from the released code's behaviour as docs/differences.md describes it, in
plain PyTorch: a copy of the generator and latent vectors of its own take two Adam steps on
0.5 CE + 10 BN - 1.33 masked KL; the better step's images go to the pool (truncated to 8 bits); the
generator takes one step of SGD, whose length tells more than Adam's first one, on the sum of the
copy's gradients (FOMAML), or, from the same start, on 67 times the way that the copy went back
(Reptile); then one student step on KL at temperature 20 over
the whole pool. Latent vectors are drawn as dfkd's named streams draw them; no augmentation; weights
of deterministic_weights.py.
"""

import copy
import pathlib

import deterministic_weights as weights
import torch
from deep_inversion_round import Stream
from nayer_round import BATCH, CLASSES, Generator, WideResNet10, batch_norm_gap
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

OUT = pathlib.Path(__file__).resolve().parents[2] / "dfkd/methods/testdata/fast_round.safetensors"
LATENT = CLASSES  # the size of the generator's input
STEPS, RATE, LATENT_RATE, META_RATE = 2, 2e-3, 0.05, 1e-2


def main():
    teacher = weights.fill(WideResNet10(4)).eval().requires_grad_(False)
    # Near enough to the teacher that they name the same class for some of the images.
    student = weights.fill(WideResNet10(4)).eval()
    with torch.no_grad():
        student.fc.weight.mul_(1.5)
        student.fc.bias[1] += 2.0
    inputs = []
    for layer in teacher.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.register_forward_hook(lambda m, i, o: inputs.append((m, i[0])))

    generator = weights.fill(Generator())
    fast = copy.deepcopy(generator)
    labels = torch.arange(CLASSES).repeat(BATCH // CLASSES)
    Stream("latent").next()
    z = torch.randn(BATCH, LATENT).requires_grad_()
    groups = [{"params": fast.parameters()}, {"params": [z], "lr": LATENT_RATE}]
    adam = torch.optim.Adam(groups, RATE, (0.5, 0.999))
    gradient = [torch.zeros_like(p) for p in generator.parameters()]
    golden, best, kept = {}, float("inf"), None
    for step in range(STEPS):
        images = fast(z)
        inputs.clear()
        x = (images - 0.5) / 0.5
        t, s = teacher(x), student(x)
        cross_entropy = F.cross_entropy(t, labels)
        gap = batch_norm_gap(inputs)
        mask = (s.argmax(1) == t.argmax(1)).float()
        divergence = F.kl_div(F.log_softmax(s, 1), F.softmax(t, 1), reduction="none").sum(1)
        adversarial = -(mask * divergence).mean()
        golden[f"step{step}.agreeing"] = mask.sum()
        golden[f"step{step}.cross_entropy"] = cross_entropy
        golden[f"step{step}.bn_stat"] = gap
        golden[f"step{step}.adversarial_kl"] = adversarial
        loss = 0.5 * cross_entropy + 10 * gap + 1.33 * adversarial
        if loss.item() < best:
            best, kept = loss.item(), images.detach()
        adam.zero_grad()
        loss.backward()
        for total, p in zip(gradient, fast.parameters()):
            total += p.grad
        adam.step()

    way = [67 * (p - q).detach() for p, q in zip(generator.parameters(), fast.parameters())]
    for name, meta_gradient in (("fomaml", gradient), ("reptile", way)):
        stepped = copy.deepcopy(generator)
        for p, g in zip(stepped.parameters(), meta_gradient):
            p.grad = g.clone()
        torch.optim.SGD(stepped.parameters(), META_RATE).step()
        golden |= {f"{name}.{key}": value for key, value in stepped.named_parameters()}

    pool = (kept * 255).to(torch.uint8)
    golden["pool"] = pool
    student.train()
    student.zero_grad()
    sgd = torch.optim.SGD(student.parameters(), 0.2, 0.9, weight_decay=1e-4)
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
