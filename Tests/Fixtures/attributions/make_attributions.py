"""Captum's values of every attribution, for all classes, on both built-in architectures, in float64.

    pip install torch torchvision captum numpy safetensors
    python3 make_attributions.py

Weights and images come from ../formula.py. For each case one file <architecture>-<channels>x<height>x<width>-<classes>.safetensors,
all tensors float32 (computed in float64, then rounded) and [K, N, C, H, W]: row k explains the logit of class k.

    gradient-x-input, guided-backpropagation
    integrated-gradients-<quadrature>-<baseline>    with the number of steps in STEPS
    smoothgrad, smoothgrad-squared, vargrad         SAMPLES samples, level 0.15, sigma of each image its own; the noise of
                                                    sample s of image i is sqrt(3) signed(2000 + 100 i + s)
    deeplift-<baseline>

Baselines: black; white; mean, each image's own mean colour; picture, unit(1001).

Captum's DeepLIFT wants every ReLU to be a module of its own, so the models here are built that way. Two more things had to be
put right for it. Where a max pooling reads a ReLU's result, the ReLU takes the gradient before the pooling's rule has
changed it; a clone between the two helps. And where windows of a max pooling overlap, as in both models, max_unpool2d keeps one window's contribution to a pixel and
drops the others', so that values do not add up any more; here they are added. The sum is checked below.
"""

import math
import pathlib
import sys

import torch
from captum.attr import DeepLift, GuidedBackprop, InputXGradient, IntegratedGradients, NoiseTunnel, Saliency
from safetensors.torch import save_file
from torch import nn

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
import formula  # noqa: E402

STEPS = {"gauss-legendre": 50, "riemann-left": 5, "riemann-right": 4, "riemann-middle": 3}
SAMPLES = 5
# model, channels, classes, height, width, number of images
CASES = [("cnn", 3, 3, 20, 18, 2), ("resnet18", 1, 3, 33, 29, 2)]


class ClonePool(nn.Module):
    def __init__(self):
        super().__init__()
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)

    def forward(self, x):
        return self.pool(x.clone())


class Block(formula.Block):
    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs)
        self.relus = nn.ModuleList(nn.ReLU() for _ in range(3))

    def forward(self, x):
        for convolution, relu in zip((self.conv1, self.conv2, self.conv3), self.relus):
            x = relu(convolution(x))
        return x


class BasicCNN(formula.BasicCNN):
    def __init__(self, channels, classes):
        super().__init__(channels, classes)
        self.block1, self.block2, self.block3 = Block(32, 32), Block(32, 64), Block(64, 128)
        self.relu, self.pool = nn.ReLU(), ClonePool()

    def forward(self, x):
        x = self.pool(self.relu(self.conv1(x)))
        return self.fc(self.block3(self.block2(self.block1(x))).mean((2, 3)))


def resnet18(channels, classes):
    from torchvision.models.resnet import BasicBlock

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        return self.relu2(self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x))))) + shortcut)

    model = formula.resnet18(channels, classes)
    model.relu, model.maxpool = nn.ReLU(), ClonePool()
    for block in model.modules():
        if isinstance(block, BasicBlock):
            block.relu1, block.relu2 = nn.ReLU(), nn.ReLU()
            block.forward = forward.__get__(block)
    return model


def adding_unpool(values, indices, kernel_size, stride, padding, output_size):
    result = torch.zeros(output_size, dtype=values.dtype)
    return result.flatten(2).scatter_add(2, indices.flatten(2), values.flatten(2)).view(output_size)


torch.nn.functional.max_unpool2d = adding_unpool


def smoothed(model, image, index, k, kind):
    shape = image.shape[1:]
    noise = torch.stack([formula.signed(*shape, stream=2000 + 100 * index + s) for s in range(SAMPLES)]).double()
    torch.normal = lambda mean, deviations: mean + math.sqrt(3) * noise * deviations
    sigma = 0.15 * (image.max() - image.min()).item()
    tunnel = NoiseTunnel(Saliency(model))
    return tunnel.attribute(image, nt_type=kind, nt_samples=SAMPLES, stdevs=sigma, target=k, abs=False)


for architecture, channels, classes, height, width, count in CASES:
    build = BasicCNN if architecture == "cnn" else resnet18
    model = formula.fill(build(channels, classes)).double().eval()
    images = formula.images(count, channels, height, width).double()
    picture = formula.images(1, channels, height, width, stream=1001).double().expand_as(images)
    baselines = {
        "black": torch.zeros_like(images),
        "white": torch.ones_like(images),
        "mean": images.mean((2, 3), keepdim=True).expand_as(images),
        "picture": picture,
    }

    def each_class(values):
        return torch.stack([values(k) for k in range(classes)])

    def each_image(values):
        return torch.cat([values(i, images[i : i + 1]) for i in range(count)])

    tensors = {
        "gradient-x-input": each_class(lambda k: InputXGradient(model).attribute(images, target=k)),
        "guided-backpropagation": each_class(lambda k: GuidedBackprop(model).attribute(images, target=k)),
    }
    for quadrature, baseline in zip(STEPS, baselines):
        method = quadrature.replace("-", "" if quadrature == "gauss-legendre" else "_")
        tensors[f"integrated-gradients-{quadrature}-{baseline}"] = each_class(
            lambda k: IntegratedGradients(model).attribute(
                images, baselines[baseline], target=k, method=method, n_steps=STEPS[quadrature]
            )
        )
    for name, kind in [("smoothgrad", "smoothgrad"), ("smoothgrad-squared", "smoothgrad_sq"), ("vargrad", "vargrad")]:
        tensors[name] = each_class(lambda k: each_image(lambda i, image: smoothed(model, image, i, k, kind)))
    for name, baseline in baselines.items():
        # Image by image: where image and baseline agree, Captum's max pooling takes the first image's gradient for all.
        values = each_class(
            lambda k: each_image(
                lambda i, image: DeepLift(model).attribute(image, baseline[i : i + 1].contiguous(), target=k)
            )
        )
        with torch.no_grad():
            gap = values.sum((2, 3, 4)) - (model(images) - model(baseline)).T
        assert gap.abs().max() < 1e-9, gap
        tensors[f"deeplift-{name}"] = values
    stored = {key: value.detach().float().contiguous() for key, value in tensors.items()}
    name = f"{architecture}-{channels}x{height}x{width}-{classes}"
    save_file(stored, here / f"{name}.safetensors")
    print(name, {key: round(value.abs().max().item(), 4) for key, value in stored.items()})
