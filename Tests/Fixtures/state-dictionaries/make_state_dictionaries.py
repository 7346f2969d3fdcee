"""Files of torch.save: weights in every way that they come, and what is not weights alone.

    pip install torch
    python3 -W ignore make_state_dictionaries.py

The tensors of `weights` count from 0 in row-major order, in halves: element i is i / 2.
"""

import argparse
import collections
import os
import pathlib

import torch
from torch import nn

here = pathlib.Path(__file__).resolve().parent


def counted(*shape, dtype=torch.float32):
    return (torch.arange(torch.Size(shape).numel()) / 2).reshape(shape).to(dtype)


def weights():
    part = torch.full((5, 8), -1.0)
    part[1:4, 2:6] = counted(3, 4)
    return collections.OrderedDict(
        {
            "plain": counted(2, 3),
            "transposed": counted(3, 2).t().contiguous().t(),
            "part": part[1:4, 2:6],
            "scalar": counted(1).reshape(()),
            "empty": counted(0, 4),
            "half": counted(4, dtype=torch.float16),
            "bfloat16": counted(4, dtype=torch.bfloat16),
            "float64": counted(4, dtype=torch.float64),
            "parameter": nn.Parameter(counted(2, 2)),
            "num_batches_tracked": torch.tensor(1234567890123),
        }
    )


class Harm:
    def __reduce__(self):
        return os.system, ("touch harm",)


def main():
    def save(name, value, **options):
        torch.save(value, here / f"{name}.pth", **options)

    save("zip", weights())
    save("older", weights(), _use_new_zipfile_serialization=False)
    save("protocol-4", weights(), pickle_protocol=4)
    wrapped = {"epoch": 3, "note": None, "best": 0.5, "scores": [1, (2.5, -3)], "sizes": torch.Size([1, 2])}
    save("checkpoint", wrapped | {"state_dict": {f"module.{name}": tensor for name, tensor in weights().items()}})
    save("compiled", {f"_orig_mod.{name}": tensor for name, tensor in weights().items()})
    save("model", nn.Linear(2, 2))
    save("arguments", {"model": weights(), "args": argparse.Namespace(lr=0.1)})
    save("harm", {"a": counted(2), "b": Harm()})
    save("harm-older", Harm(), _use_new_zipfile_serialization=False)
    save("numbers", {"epoch": 3})
    save("tensor", counted(2))
    shared = counted(64)
    save("shared", {f"t{i}": shared for i in range(20)})


if __name__ == "__main__":
    main()
