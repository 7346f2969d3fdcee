"""Logits, gradients and the five saliency maps of both built-in architectures, by plain PyTorch autograd in float64.

    pip install torch torchvision numpy safetensors
    python3 make_reference_maps.py

Weights and images come from ../formula.py. For each case one file <name>.safetensors, all tensors float32 (computed in
float64, then rounded):

    logits     [N, K]
    maps       [N, 5, H, W]     original, positive, negative, active, inactive map of the predicted class
    margin     [N, C, H, W]     min over q != c of |g - g_q|: masks can be compared only where this exceeds rounding
    gradients  [K, C, H, W]     gradient of every logit for image 0; small cases only

A file's name says <architecture>-<channels>x<height>x<width>-<classes>; the predicted class is the largest logit's.
"""

import pathlib
import sys

import torch
from safetensors.torch import save_file

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
import formula  # noqa: E402

# model, channels, classes, height, width, number of images, whether all gradients of image 0 are stored
CASES = [
    ("cnn", 3, 10, 32, 32, 3, False),
    ("cnn", 1, 10, 28, 28, 3, True),
    ("cnn", 3, 4, 45, 37, 2, True),
    ("resnet18", 3, 10, 32, 32, 2, False),
    ("resnet18", 1, 3, 33, 29, 2, True),
]


def gradients(model, images, classes):
    """d logit_k / d image, [K, N, C, H, W], one backward pass for each class."""
    result = []
    for k in range(classes):
        x = images.clone().requires_grad_()
        result.append(torch.autograd.grad(model(x)[:, k].sum(), x)[0])
    return torch.stack(result)


def maps(g, rivals):
    """The five maps [5, H, W] of one image from g [C, H, W] and its rivals' gradients [K - 1, C, H, W]."""
    magnitude = g.abs()
    above = (g > rivals).all(0)
    below = (g < rivals).all(0)
    views = [magnitude, g.relu(), (-g).relu(), magnitude * above, magnitude * below]
    return torch.stack([view.amax(0) for view in views])


for architecture, channels, classes, height, width, count, everything in CASES:
    name = f"{architecture}-{channels}x{height}x{width}-{classes}"
    build = formula.BasicCNN if architecture == "cnn" else formula.resnet18
    model = formula.fill(build(channels, classes)).double().eval()
    images = formula.images(count, channels, height, width).double()
    logits = model(images).detach()
    predicted = logits.argmax(1).tolist()
    all_gradients = gradients(model, images, classes)

    five, margins = [], []
    for n, c in enumerate(predicted):
        g = all_gradients[c, n]
        rivals = torch.stack([all_gradients[q, n] for q in range(classes) if q != c])
        five.append(maps(g, rivals))
        margins.append((g - rivals).abs().amin(0))
    tensors = {"logits": logits, "maps": torch.stack(five), "margin": torch.stack(margins)}
    if everything:
        tensors["gradients"] = all_gradients[:, 0]
    stored = {key: value.float().contiguous() for key, value in tensors.items()}
    save_file(stored, here / f"{name}.safetensors")
    shares = [(tensors["maps"][:, v] > 0).double().mean().item() for v in range(5)]
    print(name, "predicted", predicted, "logits", [round(v, 3) for v in logits[0].tolist()])
    print("  nonzero shares", [round(s, 3) for s in shares], "largest", round(tensors["maps"].amax().item(), 4))
