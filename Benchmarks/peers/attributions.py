"""One attribution of all classes for one batch of images, by Captum, zennit or pytorch-grad-cam; prints the seconds as JSON.

    attributions.py NAME WEIGHTS.safetensors IMAGES.npy AT_ONCE

IMAGES are uint8 [N, H, W, C], the network is ResNet-18. As a user of the library writes it: `attribute` for one class after the other, with
Captum's own means of bounding the memory, AT_ONCE noisy copies, steps or windows at a time; the parameters are frozen. Loading, importing
and one class to warm up are not part of the seconds.
"""

import json
import pathlib
import sys
import time
import warnings

import captum.attr
import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn
from torchvision.models.resnet import BasicBlock, ResNet

warnings.filterwarnings("ignore")


class Block(BasicBlock):
    """torchvision's, but every ReLU is a module of its own, as guided backpropagation and DeepLIFT want it."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.relu, self.relu2 = nn.ReLU(), nn.ReLU()

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        return self.relu2(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))) + shortcut)


def load(path, plain=False):
    """:param plain: torchvision's own blocks, which zennit knows"""
    state = {name: value.float() for name, value in load_file(path).items()}
    model = ResNet(BasicBlock if plain else Block, [2, 2, 2, 2], num_classes=len(state["fc.bias"]))
    model.relu = nn.ReLU()
    model.load_state_dict(state, strict=False)
    return model.eval().requires_grad_(False)


def explain(name, model, images, k, at_once):
    black = torch.zeros_like(images)
    saliency = captum.attr.Saliency(model)
    if name == "gradient":
        return saliency.attribute(images, target=k, abs=False)
    if name == "gradient-x-input":
        return captum.attr.InputXGradient(model).attribute(images, target=k)
    if name == "guided-backpropagation":
        return captum.attr.GuidedBackprop(model).attribute(images, target=k)
    if name == "integrated-gradients":
        method = captum.attr.IntegratedGradients(model)
        return method.attribute(
            images, black, target=k, n_steps=50, method="gausslegendre", internal_batch_size=max(at_once, len(images))
        )
    if name == "deeplift":
        return captum.attr.DeepLift(model).attribute(images, black, target=k)
    if name == "occlusion":
        side = images.shape[-1] // 4
        return captum.attr.Occlusion(model).attribute(
            images, (3, side, side), (3, side // 4, side // 4), target=k, perturbations_per_eval=max(1, at_once // len(images))
        )
    if name == "expected-gradients":
        # It draws all samples at once.
        return captum.attr.GradientShap(model).attribute(images, images.clone(), n_samples=25, stdevs=0.0, target=k)
    kind = {"smoothgrad": "smoothgrad", "smoothgrad-squared": "smoothgrad_sq", "vargrad": "vargrad"}[name]
    # One deviation for all images of the batch: Captum knows no other.
    deviation = 0.15 * (images.amax() - images.amin()).item()
    return captum.attr.NoiseTunnel(saliency).attribute(
        images, nt_type=kind, nt_samples=25, nt_samples_batch_size=max(1, at_once // len(images)), stdevs=deviation,
        target=k, abs=False,
    )  # fmt: skip


def relevance(model, images, classes):
    """zennit's composite for convolutional networks, normalisation folded, set up once for all classes."""
    from zennit.attribution import Gradient
    from zennit.composites import EpsilonGammaBox
    from zennit.torchvision import ResNetCanonizer

    low, high = torch.zeros_like(images), torch.ones_like(images)
    composite = EpsilonGammaBox(low=low, high=high, canonizers=[ResNetCanonizer()])
    with Gradient(model, composite) as attributor:
        for k in range(-1, classes):
            if k == 0:
                begin = time.perf_counter()
            attributor(images.clone(), torch.eye(classes)[[max(k, 0)] * len(images)])
        return time.perf_counter() - begin


def activation_maps(name, model, images, classes):
    from pytorch_grad_cam import GradCAM, LayerCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    # At 32×32 the last stage has one place.
    last = (model.layer3 if images.shape[-1] < 64 else model.layer4)[-1]
    # Nothing before the layer needs a gradient.
    last.bn2.weight.requires_grad_(True)
    with {"grad-cam": GradCAM, "layer-cam": LayerCAM}[name](model=model, target_layers=[last]) as method:
        for k in range(-1, classes):
            if k == 0:
                begin = time.perf_counter()
            method(input_tensor=images.clone(), targets=[ClassifierOutputTarget(max(k, 0))] * len(images))
        return time.perf_counter() - begin


def by_captum(name, model, images, classes, at_once):
    explain(name, model, images.clone(), 0, at_once)
    begin = time.perf_counter()
    for k in range(classes):
        explain(name, model, images.clone(), k, at_once)
    return time.perf_counter() - begin


def main(name, weights, path, at_once):
    model = load(weights, plain=name == "lrp")
    images = torch.from_numpy(np.load(path)).permute(0, 3, 1, 2).float().div(255).contiguous()
    classes = model.fc.out_features
    if name == "lrp":
        seconds = relevance(model, images, classes)
    elif name in ("grad-cam", "layer-cam"):
        seconds = activation_maps(name, model, images, classes)
    else:
        seconds = by_captum(name, model, images, classes, at_once)
    print(json.dumps(dict(seconds=seconds, torch=torch.__version__, captum=captum.__version__)))


main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
