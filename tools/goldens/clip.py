"""Goldens of the clip encoder: what transformers makes of a tiny CLIP text tower.

    python tools/goldens/clip.py

Needs torch 2.11, transformers 5.23, tokenizers 0.23 and safetensors. Writes, into
dfkd/encoders/testdata/clip:

merges.txt                  24 merges, which make a vocabulary of 538 tokens.
hugging_face.safetensors    a random text tower, 8 wide, with HuggingFace's tensor names.
open_ai.safetensors         the same with OpenAI's.
golden.safetensors          "token_ids" [sum of lengths], "lengths" [T], and the rows [T, 6] with
                            each activation; metadata "texts" (JSON).
words.safetensors           the words that CLIP makes of "a" + c + "b" for each code point c, as
                            FNV-1a hashes over blocks of 1024; "skipped" [R, 2]: ranges left out.
"""

import json
import pathlib
import unicodedata

import torch
from safetensors.torch import save_file
from tokenizers.normalizers import NFC, Lowercase
from transformers import CLIPTextConfig, CLIPTextModelWithProjection, CLIPTokenizer

from sbert import BLOCK, fnv1a

OUT = pathlib.Path(__file__).resolve().parents[2] / "dfkd/encoders/testdata/clip"

MERGES = """c a
ca t</w>
d o
do g</w>
i m
im a
ima g
imag e</w>
o f</w>
a t</w>
o g</w>
' s</w>
s e
se a</w>
l i
li o
lio n</w>
n a
na n</w>
na na
\u00c3 \u00a9</w>
\u00c3 \u00a9
! !
!! !</w>""".split("\n")

TEXTS = [
    "a image of cat",
    "a image of sea lion",
    "a image of CAT, dog's",
    "caf\u00e9 cafe\u0301 \u00e9\u00e9",
    "bananan nananana",
    "!!!!!!! !!! a!!!b",
    "don't we'll they're 'S 's''s",
    "100 3.14 1/2 \u00bd\u0663",
    "\u72ac \U0001f436 \u0130\u0301 \u01c5",
    "tabs\tand\nlines\u00a0\u3000",
    "",
    "cat dog cat dog cat dog cat dog cat dog cat dog cat dog",
]
POSITIONS = 12


def tokenizer():
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = [chr(b) for b in visible] + [chr(256 + i) for i in range(256 - len(visible))]
    symbols = letters + [letter + "</w>" for letter in letters]
    symbols += [merge.replace(" ", "") for merge in MERGES]
    symbols += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {symbol: i for i, symbol in enumerate(symbols)}
    assert len(vocabulary) == 514 + len(MERGES)
    return CLIPTokenizer(vocab=vocabulary, merges=[tuple(merge.split()) for merge in MERGES])


def tower(tokens, activation):
    torch.manual_seed(0)
    config = CLIPTextConfig(
        vocab_size=len(tokens),
        hidden_size=8,
        intermediate_size=32,
        projection_dim=6,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=POSITIONS,
        hidden_act=activation,
        bos_token_id=len(tokens) - 2,
        eos_token_id=len(tokens) - 1,
        initializer_factor=20.0,
    )
    model = CLIPTextModelWithProjection(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name or name.endswith("bias"):
                parameter.add_(torch.randn_like(parameter), alpha=0.3)
    return model


def open_ai_names(state):
    """HuggingFace's state with OpenAI's names: query, key and value in one, projection [W, D]."""
    renamed = {
        "token_embedding.weight": state["text_model.embeddings.token_embedding.weight"],
        "positional_embedding": state["text_model.embeddings.position_embedding.weight"],
        "text_projection": state["text_projection.weight"].t().contiguous(),
        "visual.conv1.weight": torch.zeros(1),
    }
    for kind in ("weight", "bias"):
        renamed[f"ln_final.{kind}"] = state[f"text_model.final_layer_norm.{kind}"]
        for i in range(2):
            old, new = f"text_model.encoder.layers.{i}.", f"transformer.resblocks.{i}."
            renamed[f"{new}attn.in_proj_{kind}"] = torch.cat(
                [state[f"{old}self_attn.{part}_proj.{kind}"] for part in "qkv"])
            for theirs, ours in (
                ("layer_norm1", "ln_1"),
                ("self_attn.out_proj", "attn.out_proj"),
                ("layer_norm2", "ln_2"),
                ("mlp.fc1", "mlp.c_fc"),
                ("mlp.fc2", "mlp.c_proj"),
            ):
                renamed[f"{new}{ours}.{kind}"] = state[f"{old}{theirs}.{kind}"]
    return renamed


def write(name, tensors, metadata=None):
    save_file(tensors, OUT / name, metadata=metadata)
    (OUT / name).chmod(0o644)


def tower_golden():
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "merges.txt").write_text("#version: 0.2\n" + "\n".join(MERGES) + "\n")
    tokens = tokenizer()
    golden, ids = {}, []
    for text in TEXTS:
        ids.append(tokens(text, truncation=True, max_length=POSITIONS)["input_ids"])
    for activation in ("quick_gelu", "gelu"):
        model = tower(tokens, activation)
        with torch.no_grad():
            rows = [model(input_ids=torch.tensor([i])).text_embeds for i in ids]
        golden[activation] = torch.cat(rows)
    golden["token_ids"] = torch.tensor([i for row in ids for i in row], dtype=torch.int32)
    golden["lengths"] = torch.tensor([len(i) for i in ids], dtype=torch.int32)
    write("golden.safetensors", golden, {"texts": json.dumps(TEXTS)})
    state = {k: v for k, v in model.state_dict().items() if "position_ids" not in k}
    write("hugging_face.safetensors", state)
    write("open_ai.safetensors", open_ai_names(state))


def is_skipped(c, splitter):
    """Whether the reference's tables and those of a later Unicode may differ."""
    category = unicodedata.category(c)
    if category in ("Cn", "Cs"):
        return True
    if NFC().normalize_str(c) != unicodedata.normalize("NFC", c):
        return True
    if Lowercase().normalize_str(c) != c.lower():
        return True
    pieces = len(splitter.pre_tokenize_str("a" + c + "b"))
    return (pieces == 1) != (category[0] == "L") or (pieces == 2) != c.isspace()


def words_golden():
    # Without the last step, which turns bytes into letters.
    backend = tokenizer().backend_tokenizer
    splitter = backend.pre_tokenizer[0]
    skip = {cp for cp in range(0x110000) if is_skipped(chr(cp), splitter)}
    ranges = []
    for cp in sorted(skip):
        if ranges and ranges[-1][1] == cp - 1:
            ranges[-1][1] = cp
        else:
            ranges.append([cp, cp])
    hashes = []
    for start in range(0, 0x110000, BLOCK):
        text = "\n".join(
            " ".join(w for w, _ in splitter.pre_tokenize_str(
                backend.normalizer.normalize_str("a" + chr(cp) + "b")))
            for cp in range(start, start + BLOCK)
            if cp not in skip
        )
        hashes.append(fnv1a(text.encode()))
    write("words.safetensors", {
        "skipped": torch.tensor(ranges, dtype=torch.int32),
        "hashes": torch.tensor([h - (1 << 64) if h >> 63 else h for h in hashes]),
    })
    unassigned = sum(unicodedata.category(chr(cp)) in ("Cn", "Cs") for cp in range(0x110000))
    print("code points checked:", 0x110000 - len(skip), "assigned but skipped:",
          len(skip) - unassigned)


if __name__ == "__main__":
    tower_golden()
    words_golden()
