"""Relevance by zennit, class activation maps by pytorch-grad-cam and DeepLIFT by Captum, of small networks in files.

    pip install torch zennit grad-cam captum safetensors
    python3 -W ignore make_relevance.py

Weights and images are random, from seeds: pictures of 3x8x8 in 0...1, 4 classes, which networks take as they are.

    relevant.pt2   convolutions with batch normalisation, a branch, ReLUs, max pooling, two linear layers
    smooth.pt2     an ELU, a leaky ReLU, a sigmoid, a tanh and a softplus, for which Captum's DeepLIFT has a rule
    modern.pt2     relu6, hardswish, SiLU, GELU, a gate, group and layer normalisation, attention with a class token

expected.safetensors holds, computed in float64 and rounded to float32,

    images                      [3, 3, 8, 8], and `baseline` [1, 3, 8, 8]
    relevant.COMPOSITE          [4, 3, 3, 8, 8]: row k is the relevance of the logit of class k by zennit's composite, batch normalisation
                                folded: epsilon-gamma-box, epsilon-plus, epsilon-plus-flat, epsilon, gamma
    relevant.CAM                [4, 3, 8, 8]: grad-cam, grad-cam++ and layer-cam of relu3, without the ReLU at the end, enlarged by
                                torch.nn.functional.interpolate
    smooth.deeplift             [4, 3, 3, 8, 8], from the baseline
    modern.difference           [3, 4]: the logits of the images less those of the baseline
"""

import pathlib

import torch
from captum.attr import DeepLift
from pytorch_grad_cam import GradCAMPlusPlus, LayerCAM
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F
from zennit.attribution import Gradient
from zennit.canonizers import SequentialMergeBatchNorm
from zennit.composites import EpsilonGammaBox, EpsilonPlus, EpsilonPlusFlat, LayerMapComposite, layer_map_base
from zennit.layer import Sum
from zennit.rules import Epsilon, Gamma
from zennit.types import Convolution, Linear

here = pathlib.Path(__file__).resolve().parent


class Relevant(nn.Module):
    def __init__(self, add):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6)
        self.conv2, self.bn2 = nn.Conv2d(6, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.conv3 = nn.Conv2d(8, 8, 3, padding=1)
        self.pool, self.mean = nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(1)
        self.fc1, self.fc2 = nn.Linear(8, 16), nn.Linear(16, 4)
        self.relu1, self.relu2, self.relu3, self.relu4 = (nn.ReLU() for _ in range(4))
        self.add = add

    def forward(self, x):
        x = self.relu1(self.bn1(self.conv1(x)))
        x = self.pool(self.relu2(self.bn2(self.conv2(x))))
        # Not a ReLU between: the second convolution of a branch sees negative values.
        x = self.relu3(self.add(x, self.conv3(x)))
        return self.fc2(self.relu4(self.fc1(torch.flatten(self.mean(x), 1))))


class ZennitAdd(nn.Module):
    def __init__(self):
        super().__init__()
        self.sum = Sum()

    def forward(self, a, b):
        return self.sum(torch.stack([a, b], dim=-1))


class Smooth(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 6, 3, stride=2, padding=1)
        self.fc1, self.fc2, self.fc3 = nn.Linear(96, 12), nn.Linear(12, 8), nn.Linear(8, 4)
        self.acts = nn.ModuleList([nn.ELU(), nn.LeakyReLU(0.1), nn.Sigmoid(), nn.Tanh(), nn.Softplus()])

    def forward(self, x):
        x = self.acts[1](self.conv2(self.acts[0](self.conv1(x))))
        x = self.acts[3](self.fc1(torch.flatten(x, 1)))
        # Without the clone the sigmoid's rule would be lost in Captum's for the softplus.
        return self.fc3(self.acts[4](self.acts[2](self.fc2(x)).clone()))


class Modern(nn.Module):
    def __init__(self, width=8, heads=2):
        super().__init__()
        self.patch = nn.Conv2d(3, width, 2, stride=2)
        self.norm = nn.GroupNorm(2, width)
        self.squeeze, self.excite = nn.Conv2d(width, 4, 1), nn.Conv2d(4, width, 1)
        self.token = nn.Parameter(torch.randn(1, 1, width) / 2)
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(width) for _ in range(3))
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down, self.head = nn.Linear(width, 12), nn.Linear(12, width), nn.Linear(width, 4)
        self.heads = heads

    def forward(self, x):
        x = F.hardswish(self.norm(F.relu6(self.patch(x))))
        gate = torch.sigmoid(self.excite(F.silu(self.squeeze(x.mean((2, 3), keepdim=True)))))
        x = (x * gate).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1)
        n, t, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).reshape(n, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        weights = (q @ k.transpose(-2, -1) / (d // self.heads) ** 0.5).softmax(-1)
        x = x + self.proj((weights @ v).transpose(1, 2).reshape(n, t, d))
        x = x + self.down(F.gelu(self.up(self.norm2(x))))
        return self.head(self.norm3(x)[:, 0])


def randomized(network, seed):
    torch.manual_seed(seed)
    for name, tensor in network.state_dict().items():
        if name.endswith("running_var") or "bn" in name and name.endswith("weight"):
            tensor.uniform_(0.5, 1.5)
        elif tensor.is_floating_point() and tensor.dim() < 2:
            tensor.uniform_(-0.3, 0.3)
            if "norm" in name and name.endswith("weight"):
                tensor.add_(1)
        elif tensor.is_floating_point():
            tensor.normal_(std=1.5 / max(1, tensor[0].numel()) ** 0.5)
    return network.eval()


def exported(network, name):
    batch = torch.export.Dim("batch", min=2, max=64)
    example = torch.rand(3, 3, 8, 8)
    program = torch.export.export(network, (example,), dynamic_shapes=({0: batch},))
    # Paths of the machine that made it.
    for node in program.graph.nodes:
        for key in ("stack_trace", "nn_module_stack", "source_fn_stack", "torch_fn", "from_node"):
            node.meta.pop(key, None)
    torch.export.save(program, here / f"{name}.pt2")


def add(a, b):
    return a + b


torch.manual_seed(1)
images, baseline = torch.rand(3, 3, 8, 8), torch.rand(1, 3, 8, 8) / 2
found = {"images": images, "baseline": baseline}
images, baseline = images.double(), baseline.double()

relevant = randomized(Relevant(ZennitAdd()), 2)
plain = Relevant(add)
plain.load_state_dict(relevant.state_dict())
exported(plain.eval(), "relevant")
relevant.double()
canonizers = [SequentialMergeBatchNorm()]
composites = {
    "epsilon-gamma-box": EpsilonGammaBox(
        low=torch.zeros_like(images), high=torch.ones_like(images), canonizers=canonizers),
    "epsilon-plus": EpsilonPlus(canonizers=canonizers),
    "epsilon-plus-flat": EpsilonPlusFlat(canonizers=canonizers),
    "epsilon": LayerMapComposite(
        layer_map_base() + [(Convolution, Epsilon(1e-6)), (Linear, Epsilon(1e-6))], canonizers=canonizers),
    "gamma": LayerMapComposite(
        layer_map_base() + [(Convolution, Gamma(0.25)), (Linear, Gamma(0.25))], canonizers=canonizers),
}
for name, composite in composites.items():
    rows = []
    for k in range(4):
        def output(logits):
            return logits * F.one_hot(torch.tensor([k] * len(logits)), 4)
        with Gradient(relevant, composite) as attributor:
            rows.append(attributor(images, output)[1])
    found[f"relevant.{name}"] = torch.stack(rows)

kept = {}
plain.double()
plain.relu3.register_forward_hook(lambda module, given, result: kept.update(result=result))
logits = plain(images)
maps = {"grad-cam": [], "grad-cam++": [], "layer-cam": []}
for k in range(4):
    gradient = torch.autograd.grad(logits[:, k].sum(), kept["result"], retain_graph=True)[0].numpy()
    values = kept["result"].detach().numpy()
    def weighted(weights):
        return (torch.tensor(weights)[:, :, None, None] * torch.tensor(values)).sum(1)
    # What pytorch-grad-cam computes before it scales maps and cuts them off at 0.
    maps["grad-cam"].append(weighted(gradient.mean((2, 3))))
    maps["grad-cam++"].append(weighted(GradCAMPlusPlus.get_cam_weights(None, None, None, None, values, gradient)))
    maps["layer-cam"].append(torch.tensor(LayerCAM.get_cam_image(None, None, None, None, values, gradient, False)))
for name, rows in maps.items():
    found[f"relevant.{name}"] = F.interpolate(torch.stack(rows), (8, 8), mode="bilinear", align_corners=False)

smooth = randomized(Smooth(), 3)
exported(smooth, "smooth")
smooth.double()
lift = DeepLift(smooth)
found["smooth.deeplift"] = torch.stack([lift.attribute(images, baseline, target=k).detach() for k in range(4)])

modern = randomized(Modern(), 4)
exported(modern, "modern")
modern.double()
found["modern.difference"] = (modern(images) - modern(baseline)).detach()

save_file({name: value.float().contiguous() for name, value in found.items()}, here / "expected.safetensors")
