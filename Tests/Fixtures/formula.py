"""The numbers from which every fixture is made, so that neither weights nor images have to be stored.

A stream of numbers has an index p, a number in it an index i (row-major). With 64-bit wrapping arithmetic

    z = (p << 32 | i) + 0x9E3779B97F4A7C15
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9
    z = (z ^ z >> 27) * 0x94D049BB133111EB          (SplitMix64's output function)
    z =  z ^ z >> 31
    unit(p, i) = (z >> 11) / 2^53                   in [0, 1), exact in float64
    signed(p, i) = 2 unit(p, i) - 1                 in [-1, 1), exact in float64

To check another implementation: unit(0, 0) = 0.8833108082136426, unit(7, 3) = 0.9890473058078778.

Every weight and image is computed in float64 by these formulas and then rounded to float32. Where a fixture works in
float64, it widens these rounded numbers again.

Weights. Parameter p is the one at position p (from 0) of the model's state_dict without `num_batches_tracked`:

    convolution, linear weight   signed(p, i) * (1.5 * sqrt(3 / fan_in))     fan_in = elements / first dimension
    batch normalisation weight   0.5 + unit(p, i)
    any bias                     0.2 * signed(p, i)
    running_mean                 0.2 * signed(p, i)
    running_var                  0.5 + unit(p, i)

Images. A batch [N, C, H, W] is unit(1000, i), i running over the whole batch, unless a script says otherwise.
"""

import math

import numpy as np
import torch
from torch import nn


def unit(stream, count):
    """`count` numbers in [0, 1) of one stream, float64."""
    with np.errstate(over="ignore"):
        z = (np.uint64(stream) << np.uint64(32)) + np.arange(count, dtype=np.uint64)
        z = z + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) / 2.0**53


def tensor(values, shape):
    """The values, rounded to float32, as a tensor of a shape."""
    return torch.from_numpy(values.astype(np.float32)).reshape(shape)


def images(*shape, stream=1000):
    """A float32 batch of pictures in 0...1."""
    return tensor(unit(stream, math.prod(shape)), shape)


def signed(*shape, stream, scale=1.0):
    """A float32 tensor in -scale ... scale."""
    return tensor(scale * (2 * unit(stream, math.prod(shape)) - 1), shape)


def parameter(stream, name, shape):
    """The float32 value of the parameter at position `stream`."""
    u = unit(stream, math.prod(shape))
    if name.endswith("running_var") or (name.endswith("weight") and len(shape) == 1):
        values = 0.5 + u
    elif name.endswith("bias") or name.endswith("running_mean"):
        values = 0.2 * (2 * u - 1)
    else:
        values = (2 * u - 1) * (1.5 * math.sqrt(3 / math.prod(shape[1:])))
    return tensor(values, shape)


def fill(model):
    """Gives every parameter and buffer of a model its value by the formula; returns the model."""
    state = {name: value for name, value in model.state_dict().items() if not name.endswith("num_batches_tracked")}
    filled = {name: parameter(p, name, value.shape) for p, (name, value) in enumerate(state.items())}
    model.load_state_dict(filled, strict=False)
    return model


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, stride=2, padding=1)
        self.conv3 = nn.Conv2d(outputs, outputs, 3, padding=1)

    def forward(self, x):
        return self.conv3(self.conv2(self.conv1(x).relu()).relu()).relu()


class BasicCNN(nn.Module):
    """The paper's Basic CNN."""

    def __init__(self, channels, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 32, 7, stride=2, padding=3)
        self.block1 = Block(32, 32)
        self.block2 = Block(32, 64)
        self.block3 = Block(64, 128)
        self.fc = nn.Linear(128, classes)

    def forward(self, x):
        x = nn.functional.max_pool2d(self.conv1(x).relu(), 3, stride=2, padding=1)
        return self.fc(self.block3(self.block2(self.block1(x))).mean((2, 3)))


def resnet18(channels, classes):
    """torchvision's ResNet-18; only the stem differs when the images are grey."""
    import torchvision

    model = torchvision.models.resnet18(weights=None, num_classes=classes)
    if channels != 3:
        model.conv1 = nn.Conv2d(channels, 64, 7, stride=2, padding=3, bias=False)
    return model
