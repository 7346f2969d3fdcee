"""torchvision's antialiased bilinear resize of float tensors, and its Resize + CenterCrop recipe.

    pip install torch torchvision numpy safetensors
    python3 make_resize.py

Pictures come from ../formula.py: [C, H, W] is unit(2000, i). One file resize.safetensors, float32:

    stretch.<C>x<H>x<W>.<h>x<w>   [C, h, w]   resize to exactly h x w, the aspect not kept
    crop.<C>x<H>x<W>.<s>          [C, s, s]   Resize(round(s / 0.875)), then CenterCrop(s)

What torchvision rounds how, in the recipe: the shorter side becomes r = round(s / 0.875), the longer one
int(r * longer / shorter) (towards zero); the crop starts at round((side - s) / 2), halves to even.
"""

import pathlib
import sys

import torch
from safetensors.torch import save_file
from torchvision.transforms import v2

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
import formula  # noqa: E402

STRETCHES = [
    ((3, 37, 53), (16, 16)),
    ((3, 37, 53), (64, 64)),
    ((3, 37, 53), (24, 31)),
    ((3, 37, 53), (80, 20)),
    ((3, 37, 53), (37, 53)),
    ((3, 37, 53), (1, 1)),
    ((1, 28, 28), (32, 32)),
    ((1, 28, 28), (7, 9)),
    ((3, 64, 64), (32, 32)),
    ((3, 1, 1), (4, 3)),
    ((1, 5, 200), (11, 11)),
]
CROPS = [
    ((3, 37, 53), 16),
    ((3, 53, 37), 16),
    ((3, 40, 40), 21),
    ((3, 48, 91), 32),
    ((1, 20, 29), 28),
    ((3, 45, 60), 29),
]


def key(kind, source, target):
    return ".".join([kind, "x".join(map(str, source)), "x".join(map(str, target))])


tensors = {}
for source, target in STRETCHES:
    resize = v2.Resize(target, antialias=True)
    tensors[key("stretch", source, target)] = resize(formula.images(*source, stream=2000))
for source, side in CROPS:
    recipe = v2.Compose([v2.Resize(round(side / 0.875), antialias=True), v2.CenterCrop(side)])
    result = recipe(formula.images(*source, stream=2000))
    assert result.dtype == torch.float32 and result.shape == (source[0], side, side)
    tensors[key("crop", source, (side,))] = result
save_file({name: value.contiguous() for name, value in tensors.items()}, here / "resize.safetensors")
