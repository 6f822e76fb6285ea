"""Golden of one DFAD round: dfkd/methods/testdata/dfad_round.safetensors.

    python tools/goldens/dfad_round.py

Needs torch 2.11. Written from the paper's Algorithm 1 and the released code's behaviour as
docs/differences.md describes it, in plain PyTorch: two student steps on the difference of logits
over fresh images, then one generator step on minus that difference, the student in training mode
throughout. Latents are drawn as dfkd's named streams draw them; weights are those of
deterministic_weights.py.
"""

import pathlib

import deterministic_weights as weights
import torch
from deep_inversion_round import Stream
from generators import DfadGenerator
from nayer_round import BATCH, CHANNELS, SIZE, WideResNet10
from safetensors.torch import save_file
from torch.nn import functional as F

OUT = pathlib.Path(__file__).resolve().parents[2] / "dfkd/methods/testdata/dfad_round.safetensors"
LATENT, STUDENT_STEPS = 5, 2


def main():
    teacher = weights.fill(WideResNet10(4)).eval().requires_grad_(False)
    student = weights.fill(WideResNet10(4)).train()
    with torch.no_grad():
        student.fc.weight.mul_(1.5)
        student.fc.bias[1] += 2.0
    generator = weights.fill(DfadGenerator(LATENT, CHANNELS, SIZE, 3)).train()
    sgd = torch.optim.SGD(student.parameters(), 0.1, 0.9, weight_decay=5e-4)
    adam = torch.optim.Adam(generator.parameters(), 1e-3)
    latent, golden = Stream("latent"), {}

    def fresh():
        latent.next()
        return torch.randn(BATCH, LATENT)

    losses = []
    for _ in range(STUDENT_STEPS):
        fake = generator(fresh()).detach()
        sgd.zero_grad()
        loss = F.l1_loss(student(fake), teacher(fake))
        losses.append(loss.detach())
        loss.backward()
        sgd.step()
    golden["student_loss"] = torch.stack(losses).mean()

    fake = generator(fresh())
    difference = F.l1_loss(student(fake), teacher(fake))
    golden["difference"] = difference
    adam.zero_grad()
    (-difference).backward()
    adam.step()
    golden |= {f"generator.{name}": value for name, value in generator.state_dict().items()}
    golden |= {f"student.{name}": value for name, value in student.state_dict().items()}
    save_file({k: v.detach().contiguous() for k, v in golden.items()}, str(OUT))


if __name__ == "__main__":
    main()
