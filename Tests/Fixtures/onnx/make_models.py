"""Small networks as both exporters of PyTorch write them to ONNX, and what PyTorch answers.

    pip install torch onnx onnxscript numpy safetensors
    python3 -W ignore make_models.py

A network takes pictures of 3x16x16 and knows 5 classes. Weights are random, from seeds. `NAME-dynamo` is by the exporter that is
built on torch.export, `NAME-script` by the older one; `-one` and `-two` are for so many images alone, all others for any number.
`external` has its weights in a file beside it. `expected.safetensors` holds `images` [3, 3, 16, 16], and for each network its
logits [3, 5] (`NAME/logits`) and the gradient of its first logits' sum with respect to the images (`NAME/gradients`), computed in
float64.
"""

import copy
import pathlib

import onnx
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

here = pathlib.Path(__file__).resolve().parent


class CNN(nn.Module):
    """A ReLU that is called several times and functional ones, batch normalisation, a residual, pools."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(6, eps=1e-3)
        self.conv2 = nn.Conv2d(6, 6, 3, padding=1, groups=2)
        self.bn2 = nn.BatchNorm2d(6)
        self.relu = nn.ReLU()
        self.fc = nn.Linear(6, 5)

    def forward(self, x):
        x = self.relu(self.bn1(self.conv1(x)))
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x)) + x), 3, stride=2, padding=1)
        x = self.relu(F.avg_pool2d(x - 0.3, 2, ceil_mode=True))
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


class Attention(nn.Module):
    """A class token for each image, attention, layer normalisation, GELU."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 4, stride=4)
        self.token = nn.Parameter(torch.randn(1, 1, 8))
        self.places = nn.Parameter(torch.randn(1, 17, 8))
        self.qkv = nn.Linear(8, 24)
        self.out = nn.Linear(8, 8)
        self.norm1 = nn.LayerNorm(8)
        self.norm2 = nn.LayerNorm(8)
        self.mlp = nn.Sequential(nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8))
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.places
        n, l, c = x.shape
        q, k, v = self.qkv(self.norm1(x)).reshape(n, l, 3, 2, c // 2).permute(2, 0, 3, 1, 4).unbind(0)
        x = x + self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, l, c))
        x = x + self.mlp(self.norm2(x))
        return self.fc(x[:, 0])


class Shapes(nn.Module):
    """Sizes that are computed while the network runs, resizing, channel shuffling, squeeze and excitation."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.down = nn.Conv2d(8, 2, 1)
        self.up = nn.Conv2d(2, 8, 1)
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        x = F.silu(self.conv(F.interpolate(x, size=(12, 12), mode="bilinear")))
        x = x * torch.sigmoid(self.up(F.relu6(self.down(x.mean((2, 3), keepdim=True)))))
        n, c, h, w = x.shape
        x = x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
        x = F.hardswish(F.interpolate(x[:, :, 1:-1, ::2], scale_factor=2.0))
        return self.fc(x.flatten(2).amax(2)) * torch.ones(x.size(0), 1)


class Probabilities(CNN):
    def forward(self, x):
        return torch.softmax(super().forward(x), 1)


def seeded(kind):
    torch.manual_seed(7)
    model = kind()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, 0, 0.3)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            nn.init.uniform_(module.weight, 0.5, 1.5)
    return model.eval()


def slim(path):
    """Without the places in the source and the like, which are most of such a file."""
    model = onnx.load(path, load_external_data=False)

    def clean(nodes):
        for node in nodes:
            node.ClearField("doc_string")
            node.ClearField("metadata_props")
            for attribute in node.attribute:
                clean(attribute.g.node)

    clean(model.graph.node)
    for function in model.functions:
        clean(function.node)
        function.ClearField("metadata_props")
        function.ClearField("value_info")
    for values in [model.graph.value_info, model.graph.initializer, model.graph.input, model.graph.output]:
        for value in values:
            value.ClearField("metadata_props")
            value.ClearField("doc_string")
    model.graph.ClearField("value_info")
    model.graph.ClearField("metadata_props")
    model.graph.ClearField("doc_string")
    model.ClearField("metadata_props")
    path.write_bytes(model.SerializeToString())


def export(name, model, *examples, any_number=True, script=False, opset=18, **options):
    path = here / f"{name}.onnx"
    axes = {"dynamic_axes": {"images": {0: "n"}, "logits": {0: "n"}}} if script else {
        "dynamic_shapes": tuple({0: torch.export.Dim("n")} for _ in examples)}
    torch.onnx.export(
        model, examples, path, input_names=["images", "others"][:len(examples)], output_names=["logits"],
        opset_version=opset, dynamo=not script, external_data=options.pop("external_data", False), verbose=False,
        **(axes if any_number else {}), **options)
    slim(path)


def main():
    torch.set_num_threads(1)
    images = torch.rand(3, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    expected = {"images": images}
    for name, kind in [("cnn", CNN), ("attention", Attention), ("shapes", Shapes), ("probabilities", Probabilities)]:
        exact = copy.deepcopy(seeded(kind)).double()
        torch.set_default_dtype(torch.float64)
        input = images.double().requires_grad_()
        logits = (CNN.forward(exact, input) if kind is Probabilities else exact(input))
        gradients, = torch.autograd.grad(logits[:, 0].sum(), input)
        torch.set_default_dtype(torch.float32)
        expected[f"{name}/logits"] = logits.detach().float().contiguous()
        expected[f"{name}/gradients"] = gradients.float().contiguous()
        if kind is Probabilities:
            export(f"{name}-dynamo", seeded(kind), images[:2])
            continue
        export(f"{name}-dynamo", seeded(kind), images[:2])
        export(f"{name}-dynamo-one", seeded(kind), images[:1], any_number=False)
        export(f"{name}-script", seeded(kind), images[:2], script=True, opset=17)
        export(f"{name}-script-two", seeded(kind), images[:2], any_number=False, script=True, opset=14)
    export("cnn-script-9", seeded(CNN), images[:2], script=True, opset=9, do_constant_folding=False,
           training=torch.onnx.TrainingMode.PRESERVE)
    export("cnn-dynamo-23", seeded(CNN), images[:2], opset=23)
    export("attention-dynamo-23", seeded(Attention), images[:2], opset=23)
    export("external", seeded(CNN), images[:2], external_data=True)
    save_file(expected, here / "expected.safetensors")


if __name__ == "__main__":
    main()
