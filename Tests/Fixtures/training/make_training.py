"""What training must do, step by step, in float64: AdamW, batch normalisation and two loss curves.

    pip install torch torchvision numpy
    python3 make_training.py

Numbers come from ../formula.py (rounded to float32, then widened). Everything goes to training.json, every number with
all its digits:

    adamw       weight [3, 4] = signed(4000, i), bias [4] = signed(4001, i); their gradients at step t = 0, 1, 2 are
                signed(4010 + 2 t, i) and signed(4011 + 2 t, i). `weight` and `bias` are the values after each step.
    batchNorm   input [4, 3, 5, 5] = signed(4100, i), weight = 0.5 + unit(4101, i), bias = signed(4102, i), running mean
                = signed(4103, i), running variance = 0.5 + unit(4104, i), eps 1e-5, momentum 0.1, training mode, loss =
                sum(output * signed(4105, i)): output, the new running statistics, and the three gradients.
    curves      the cross-entropy of each of 20 steps (before the step) for the Basic CNN and ResNet-18, 10 classes,
                weights by the formula, training mode. 16 images [16, 3, 32, 32] = unit(4200, i) with the labels 7 i mod
                10, in batches of 8, first half and second half in turns. `drift` says how far the curve moves when every
                initial weight is off by one part in 1e12: what rounding may do to it.

AdamW everywhere: learning rate 0.001, betas 0.9 and 0.999, eps 1e-8, weight decay 0.01 (on every parameter).
"""

import json
import pathlib
import sys

import torch
from torch.nn import functional as F

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
import formula  # noqa: E402

STEPS = 20


def signed(stream, *shape):
    return formula.signed(*shape, stream=stream).double()


def positive(stream, *shape):
    return formula.tensor(0.5 + formula.unit(stream, shape[0]), shape).double()


def numbers(tensor):
    return tensor.detach().flatten().tolist()


def optimiser(parameters):
    return torch.optim.AdamW(parameters, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01, foreach=False)


def adamw():
    weight, bias = signed(4000, 3, 4).requires_grad_(), signed(4001, 4).requires_grad_()
    steps = optimiser([weight, bias])
    result = {"weight": [], "bias": []}
    for t in range(3):
        weight.grad, bias.grad = signed(4010 + 2 * t, 3, 4), signed(4011 + 2 * t, 4)
        steps.step()
        result["weight"].append(numbers(weight))
        result["bias"].append(numbers(bias))
    return result


def batch_norm():
    x = signed(4100, 4, 3, 5, 5).requires_grad_()
    weight, bias = positive(4101, 3).requires_grad_(), signed(4102, 3).requires_grad_()
    mean, variance = signed(4103, 3), positive(4104, 3)
    output = F.batch_norm(x, mean, variance, weight, bias, training=True, momentum=0.1, eps=1e-5)
    (output * signed(4105, 4, 3, 5, 5)).sum().backward()
    return {
        "output": numbers(output),
        "runningMean": numbers(mean),
        "runningVariance": numbers(variance),
        "inputGradient": numbers(x.grad),
        "weightGradient": numbers(weight.grad),
        "biasGradient": numbers(bias.grad),
    }


def curve(model, disturbance=0.0):
    model = formula.fill(model).double().train()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1 + disturbance)
    images = formula.images(16, 3, 32, 32, stream=4200).double()
    labels = torch.arange(16) * 7 % 10
    steps = optimiser(model.parameters())
    losses = []
    for step in range(STEPS):
        batch = slice(8 * (step % 2), 8 * (step % 2) + 8)
        loss = F.cross_entropy(model(images[batch]), labels[batch])
        losses.append(loss.item())
        steps.zero_grad()
        loss.backward()
        steps.step()
    return losses


result = {"adamw": adamw(), "batchNorm": batch_norm(), "curves": {}}
for name, build in {"cnn": formula.BasicCNN, "resnet18": formula.resnet18}.items():
    losses, disturbed = curve(build(3, 10)), curve(build(3, 10), 1e-12)
    drift = max(abs(a - b) for a, b in zip(losses, disturbed))
    result["curves"][name] = {"loss": losses, "drift": float(f"{drift:.1e}")}
    print(name, "drift", drift, losses)
(here / "training.json").write_text(json.dumps(result, indent=1) + "\n")
