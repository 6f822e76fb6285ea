"""Goldens of dfkd/models/vision_transformer.

    python tools/goldens/vit.py

Needs torch 2.11 and timm 1.0. Writes into dfkd/models/testdata: deit_tiny.txt and deit_base.txt (each
parameter with its shape, sorted by name) and vit.safetensors (what these two and a small network put out
on inputs and weights of deterministic_weights.py).
"""

import pathlib

import deterministic_weights as weights
import timm
import torch
from safetensors.torch import save_file

OUT = pathlib.Path(__file__).resolve().parents[2] / "dfkd/models/testdata"
PATCH, GRID = 8, 4


def names(module):
    """Lines "name: [shape]"."""
    return "".join(f"{k}: {list(v.shape)}\n" for k, v in sorted(module.state_dict().items()))


def outputs(model, tokens, height, width):
    """Logits, class token and patch tokens as a map, of tokens behind the final norm."""
    patches = tokens[:, 1:].transpose(1, 2).reshape(len(tokens), -1, height, width)
    return {"logits": model.head(tokens[:, 0]), "embedding": tokens[:, 0], "feature_map": patches}


def full(model):
    """An image of the grid's size, and the gradient of a weighted sum of all outputs in its pixels."""
    x = weights.tensor((2, 3, 32, 32), 1).requires_grad_()
    result = outputs(model, model.forward_features(x), GRID, GRID)
    assert torch.equal(result["logits"], model(x))
    sum((value * weights.tensor(value.shape, 2)).sum() for value in result.values()).backward()
    result["x.grad"] = x.grad
    result["pos_embed.grad"] = model.pos_embed.grad.clone()
    # What each block puts out, as timm's feature extraction has it.
    for i, block in enumerate(model.forward_intermediates(x, norm=False, intermediates_only=True)):
        result[f"stage{i}"] = block
    return result


def window(model, images, offsets):
    """Smaller images: timm's own blocks, fed with the position embeddings of those patches that each
    image covers, its first one at row and column `offsets[n]` of the grid."""
    height, width = images.shape[2] // PATCH, images.shape[3] // PATCH
    positions = model.pos_embed[0, 1:].reshape(GRID, GRID, -1)
    rows = []
    for image, (row, column) in zip(images, offsets):
        patches = model.patch_embed.proj(image[None]).flatten(2).transpose(1, 2)
        chosen = positions[row : row + height, column : column + width].reshape(1, height * width, -1)
        rows.append(torch.cat([model.cls_token + model.pos_embed[:, :1], patches + chosen], dim=1))
    return outputs(model, model.norm(model.blocks(torch.cat(rows))), height, width)


def deit(name):
    """Logits and class token for one image of 224 pixels; writes names and shapes."""
    model = weights.fill(timm.create_model(f"{name}_patch16_224")).eval()
    (OUT / f"{name}.txt").write_text(names(model))
    with torch.no_grad():
        token = model.forward_features(weights.tensor((1, 3, 224, 224), 1))[:, 0]
        return {f"{name}.logits": model.head(token), f"{name}.embedding": token}


def main():
    OUT.mkdir(exist_ok=True)
    model = timm.models.VisionTransformer(
        img_size=GRID * PATCH, patch_size=PATCH, embed_dim=24, depth=2, num_heads=3, num_classes=5)
    weights.fill(model).eval()
    (OUT / "vit.txt").write_text(names(model))
    tensors = {**deit("deit_tiny"), **deit("deit_base")}
    tensors.update({"full." + key: value for key, value in full(model).items()})
    # Behind the top left corner, in another place, in the middle.
    small = weights.tensor((3, 3, 16, 24), 3)
    for key, offsets in {"drawn": [(0, 0), (2, 1), (1, 0)], "middle": [(1, 0)] * 3}.items():
        for name, value in window(model, small, offsets).items():
            tensors[f"{key}.{name}"] = value
    save_file({k: v.detach().contiguous().clone() for k, v in tensors.items()}, OUT / "vit.safetensors")


if __name__ == "__main__":
    main()
