"""The five maps of one picture, as a skilled PyTorch user would write it: one forward pass, one backward pass per class.

    python explain.py PICTURE WEIGHTS.safetensors FOLDER

Writes <view>.npy into FOLDER. Imports no more than it needs: what it costs to start is measured.
"""

import pathlib
import sys

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from torch.nn import functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Tests/Fixtures"))
from formula import BasicCNN  # noqa: E402


def main(picture, weights, folder):
    # The bundled weights are stored in 16 bits.
    state = {name: value.float() for name, value in load_file(weights).items()}
    classes, channels = len(state["fc.bias"]), state["conv1.weight"].shape[1]
    # Initial weights would only be overwritten.
    with torch.device("meta"):
        model = BasicCNN(channels, classes)
    model.load_state_dict(state, assign=True)
    model.eval().requires_grad_(False)

    pixels = np.asarray(Image.open(picture).convert("RGB" if channels == 3 else "L"))
    image = torch.from_numpy(pixels.copy()).reshape(1, *pixels.shape[:2], channels).permute(0, 3, 1, 2) / 255
    image = F.interpolate(image, (32, 32), mode="bilinear", antialias=True).requires_grad_()

    logits = model(image)
    c = logits.argmax(1).item()

    def gradient(k):
        return torch.autograd.grad(logits[0, k], image, retain_graph=True)[0][0]

    own = gradient(c)
    highest = torch.full_like(own, -torch.inf)
    lowest = torch.full_like(own, torch.inf)
    for q in range(classes):
        if q != c:
            g = gradient(q)
            highest = torch.maximum(highest, g)
            lowest = torch.minimum(lowest, g)
    magnitude = own.abs()
    maps = {
        "original": magnitude,
        "positive": own.relu(),
        "negative": (-own).relu(),
        "active": magnitude * (own > highest),
        "inactive": magnitude * (own < lowest),
    }
    for name, values in maps.items():
        np.save(f"{folder}/{name}.npy", values.amax(0).numpy())


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
