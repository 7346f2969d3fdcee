"""Captum's guided backpropagation and DeepLIFT of networks in files of every format.

    pip install torch captum onnx onnxscript safetensors
    python3 -W ignore make_rules.py

Weights and images are random, from seeds: pictures of 3x8x8, 4 classes. `distinct` has a module for each ReLU, as Captum's DeepLIFT
wants it; `reused` has one module for two ReLUs, and others that
are functions. Each is there as

    .pt2              torch.export, for any number of images
    -dynamo.onnx      torch.onnx.export, for any number of images
    -script.onnx      with the exporter that goes by TorchScript, for one image
    .pt               torch.jit.trace

`permuted` has its channels last in between: torch.onnx.export writes the mean that follows with as_strided, which becomes a Gather.
It is there for any number of images (-dynamo.onnx) and for one (-fixed.onnx).

expected.safetensors holds, computed in float64 and rounded to float32,

    images                    [3, 3, 8, 8], and `baseline` [1, 3, 8, 8]
    distinct.guided           [4, 3, 3, 8, 8]: row k explains the logit of class k
    distinct.deeplift-black   the same, from black; distinct.deeplift-picture from the baseline
    reused.black              [3, 4]: the logits of the images less those of black; reused.picture less those of the baseline;
                              the same of permuted
"""

import pathlib

import torch
from captum.attr import DeepLift, GuidedBackprop
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

here = pathlib.Path(__file__).resolve().parent


class Distinct(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(6)
        self.conv2 = nn.Conv2d(6, 8, 3, padding=1)
        self.conv3 = nn.Conv2d(8, 8, 1)
        self.pool = nn.MaxPool2d(2)
        self.fc1, self.fc2 = nn.Linear(8, 16), nn.Linear(16, 4)
        self.relu1, self.relu2, self.relu3, self.relu4 = (nn.ReLU() for _ in range(4))

    def forward(self, x):
        # Without the clone the ReLU's rule would be lost in Captum's for the pooling.
        x = self.relu1(self.bn(self.conv1(x)))
        x = self.relu2(self.pool(self.conv2(x)).clone())
        x = x + self.relu3(self.conv3(x))
        x = self.fc1(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))
        return self.fc2(self.relu4(x))


class Reused(Distinct):
    def __init__(self):
        super().__init__()
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        x = self.relu(self.bn(self.conv1(x)))
        x = self.pool(self.relu(self.conv2(x)))
        x = x + F.relu(self.conv3(x))
        x = self.fc1(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))
        return self.fc2(torch.relu(x))


class Permuted(Distinct):
    def __init__(self):
        super().__init__()
        self.mix = nn.Linear(6, 8)

    def forward(self, x):
        x = F.relu(self.mix(self.bn(self.conv1(x)).permute(0, 2, 3, 1))).permute(0, 3, 1, 2)
        return self.fc2(F.relu(self.fc1(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))))


def seeded(kind):
    torch.manual_seed(5)
    model = kind()
    nn.init.normal_(model.bn.running_mean, 0, 0.3)
    nn.init.uniform_(model.bn.running_var, 0.1, 0.3)
    nn.init.uniform_(model.bn.weight, 0.5, 1.5)
    for layer in (model.fc1, model.fc2):
        nn.init.normal_(layer.weight)
    return model.eval()


names = dict(input_names=["images"], output_names=["logits"], verbose=False)


def export(name, model, images):
    program = torch.export.export(model, (images[:2],), dynamic_shapes=({0: torch.export.Dim.AUTO},))
    for node in program.graph.nodes:
        for key in ("stack_trace", "nn_module_stack", "source_fn_stack", "torch_fn", "from_node"):
            node.meta.pop(key, None)
    program.example_inputs = None
    torch.export.save(program, here / f"{name}.pt2")
    torch.onnx.export(model, (images[:1],), here / f"{name}-script.onnx", dynamo=False, **names)
    torch.jit.trace(model, images[:1], check_trace=False).save(here / f"{name}.pt")


def dynamo(name, model, images, shapes=None):
    """Without the places in the source, which are most of such a file."""
    program = torch.onnx.export(model, (images,), dynamo=True, dynamic_shapes=shapes, **names)
    for node in program.model.graph:
        node.metadata_props.clear()
    program.save(here / f"{name}.onnx")


def main():
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(6)
    images, picture = torch.rand(3, 3, 8, 8, generator=generator), torch.rand(1, 3, 8, 8, generator=generator)
    expected = {"images": images, "baseline": picture}
    baselines = {"black": torch.zeros(1, 3, 8, 8).double(), "picture": picture.double()}
    for name, kind in {"distinct": Distinct, "reused": Reused, "permuted": Permuted}.items():
        model = seeded(kind)
        dynamo(f"{name}-dynamo", model, images[:2], ({0: torch.export.Dim("batch")},))
        if name == "permuted":
            dynamo(f"{name}-fixed", model, images[:1])
        else:
            export(name, model, images)
        model, inputs = model.double(), images.double()
        classes = range(4)
        if name == "distinct":
            expected["distinct.guided"] = torch.stack(
                [GuidedBackprop(model).attribute(inputs, target=k) for k in classes]
            )
        for place, baseline in baselines.items():
            with torch.no_grad():
                difference = model(inputs) - model(baseline)
            if name != "distinct":
                expected[f"{name}.{place}"] = difference
                continue
            # Image by image: where image and baseline agree, Captum's max pooling takes the first image's gradient for all.
            images_of_class = [
                [DeepLift(model).attribute(image, baseline, target=k) for image in inputs.split(1)] for k in classes
            ]
            values = torch.stack([torch.cat(values) for values in images_of_class])
            assert torch.allclose(values.sum((2, 3, 4)).T, difference)
            expected[f"distinct.deeplift-{place}"] = values
    save_file({key: value.detach().float().contiguous() for key, value in expected.items()}, here / "expected.safetensors")


main()
