"""Logits of the larger built-in networks as torchvision and timm give them.

    pip install torch torchvision timm
    python3 -W ignore make_architectures.py

Element i (row-major) of parameter p, counted without `num_batches_tracked`, comes from u = (7919 i + 104729 p) mod 9973 / 9973:

    weights of convolutions, linear layers   (2 u - 1) sqrt(3 / fan-in)
    other weights, running variances         0.5 + u
    biases, running means                    0.4 u - 0.2

The two images of 3x64x64 are unit(1000, i) of ../formula.py; there are 5 classes.
"""

import json
import math
import pathlib
import sys

import timm
import torch
import torchvision

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
import formula  # noqa: E402


def fill(model):
    values = [(name, value) for name, value in model.state_dict().items() if "num_batches" not in name]
    for position, (name, value) in enumerate(values):
        units = (torch.arange(value.numel()) * 7919 + position * 104729) % 9973
        units = (units.double() / 9973).reshape(value.shape)
        if value.dim() > 1:
            units = (2 * units - 1) * math.sqrt(3 * value.shape[0] / value.numel())
        elif name.endswith(("weight", "running_var")):
            units = 0.5 + units
        else:
            units = 0.4 * units - 0.2
        value.copy_(units.float())
    return model.eval()


def main():
    models = {
        "resnet18": torchvision.models.resnet18(num_classes=5),
        "resnet34": torchvision.models.resnet34(num_classes=5),
        "resnet50": torchvision.models.resnet50(num_classes=5),
        # Whose weights come from TensorFlow, as EfficientNet-Lite0's: padding and epsilon are that's.
        "efficientnet-lite0": timm.create_model("tf_efficientnet_lite0", num_classes=5),
    }
    images = formula.images(2, 3, 64, 64)
    with torch.no_grad():
        logits = {name: fill(model)(images).tolist() for name, model in models.items()}
    (here / "logits.json").write_text(json.dumps(logits, indent=1) + "\n")


if __name__ == "__main__":
    main()
