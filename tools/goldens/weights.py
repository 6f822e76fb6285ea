"""Writes dfkd/weights/testdata: files of weights by PyTorch and by the safetensors library.

expected.safetensors holds what the .pth files must read as; it is written by the library too.
"""
import argparse
import collections
import os

import torch
from safetensors.torch import save_file

OUT = os.path.join(os.path.dirname(__file__), "../../dfkd/weights/testdata")


def path(name):
    return os.path.join(OUT, name)


def save_both(obj, stem):
    torch.save(obj, path(stem + "_zip.pth"))
    torch.save(obj, path(stem + "_legacy.pth"), _use_new_zipfile_serialization=False)


def main():
    os.makedirs(OUT, exist_ok=True)
    numbers = torch.arange(24, dtype=torch.float32) / 7
    shared = torch.arange(6, dtype=torch.float32)
    every_type = {
        "bool": torch.tensor([True, False, True]),
        "u8": torch.tensor([0, 255], dtype=torch.uint8),
        "i8": torch.tensor([-128, 127, 5], dtype=torch.int8),
        "i16": torch.tensor([-32768, 32767], dtype=torch.int16),
        "i32": torch.tensor([-(2**31), 2**31 - 1], dtype=torch.int32),
        "i64": torch.tensor(2**40 + 1, dtype=torch.int64),
        "f16": torch.tensor([0.1, -65504.0], dtype=torch.float16),
        "bf16": torch.tensor([0.1, 3e38], dtype=torch.bfloat16),
        "f32": numbers.reshape(2, 3, 4),
        "f64": torch.tensor([[0.1], [1e300]], dtype=torch.float64),
        "empty": torch.zeros(0, 5),
        "scalar": torch.tensor(2.5),
    }
    layouts = {
        "transposed": numbers.reshape(4, 6).t(),
        "channels_last": numbers.reshape(1, 2, 3, 4).contiguous(memory_format=torch.channels_last),
        "every_second": numbers[1::2],
        "expanded": torch.tensor([[1.0], [2.0]]).expand(2, 3),
        "tied": shared,
        "tied_tail": shared[4:],
        "parameter": torch.nn.Parameter(torch.tensor([1.0, -1.0])),
    }
    tensors = collections.OrderedDict(list(every_type.items()) + list(layouts.items()))
    expected = {name: t.detach().clone().contiguous() for name, t in tensors.items()}
    save_file(expected, path("expected.safetensors"))
    # One key of metadata: the library leaves the order of several open.
    unsigned = {
        "u16": torch.tensor([0, 65535], dtype=torch.uint16),
        "u32": torch.tensor([2**32 - 1], dtype=torch.uint32),
        "u64": torch.tensor([2**64 - 1], dtype=torch.uint64),
    }
    save_file({**expected, **unsigned}, path("library.safetensors"), metadata={"note": 'a "\u00e9"\n\x01'})

    save_both({"epoch": 3, "best": 0.5, "optimizer": {"state": {0: {"step": 7}}, "groups": [1, 2]},
               "momentum": torch.ones(2), "state_dict": tensors}, "checkpoint")
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))
    save_both(model.state_dict(), "model")
    save_both({"args": argparse.Namespace(lr=0.1), "state_dict": model.state_dict()}, "namespace")
    torch.serialization.set_crc32_options(False)
    torch.save(model.state_dict(), path("model_without_crc_zip.pth"))
    for name in os.listdir(OUT):
        os.chmod(path(name), 0o644)


if __name__ == "__main__":
    main()
