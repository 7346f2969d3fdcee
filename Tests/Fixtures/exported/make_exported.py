"""Archives of torch.export like those that people bring: good ones, and every kind that needs an explanation.

    pip install torch safetensors
    python3 -W ignore make_exported.py

Weights are random, from seeds. A model takes pictures of 3x16x16 and knows 5 classes unless said otherwise. Beside the files
expected.safetensors holds `images` [3, 3, 16, 16] and for each good model its logits [3, 5] under the model's name.
"""

import pathlib
import zipfile

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

here = pathlib.Path(__file__).resolve().parent
anything = torch.export.Dim.AUTO


class CNN(nn.Module):
    """Reused and functional ReLUs, in place and not, and batch normalisation with its statistics."""

    def __init__(self, type=torch.float32):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, stride=2, padding=1, bias=False, dtype=type)
        self.bn1 = nn.BatchNorm2d(6, eps=1e-3, dtype=type)
        self.conv2 = nn.Conv2d(6, 6, 3, padding="same", groups=2, dtype=type)
        self.relu = nn.ReLU(inplace=True)
        self.fc = nn.Linear(6, 5, dtype=type)

    def forward(self, x):
        x = self.relu(self.bn1(self.conv1(x)))
        x = F.max_pool2d(F.relu(self.conv2(x)) + x, 2)
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))


class Attention(nn.Module):
    """A class token for each image, attention with the images' axis in second place, and sizes that Python computes with."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 4, stride=4)
        self.token = nn.Parameter(torch.randn(1, 1, 8))
        self.places = nn.Parameter(torch.randn(17, 1, 8))
        self.attention = nn.MultiheadAttention(8, 2)
        self.norm = nn.LayerNorm(8)
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        n, _, h, w = x.shape
        x = self.patches(x).reshape(n, 8, (h // 4) * (w // 4)).permute(2, 0, 1)
        x = torch.cat([self.token.expand(-1, n, -1), x]) + self.places
        x = x + self.attention(x, x, x, need_weights=False)[0]
        return self.fc(self.norm(x[0]))


class Windows(nn.Module):
    """Attention within shifted windows, which count as images, with a mask that is filled part by part."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 8, 2, stride=2)
        self.qkv = nn.Linear(8, 24)
        self.bias = nn.Parameter(torch.randn(2, 16, 16))
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        x = torch.roll(self.patches(x), shifts=(-2, -2), dims=(2, 3)).permute(0, 2, 3, 1)
        n, h, w, c = x.shape
        x = x.view(n, h // 4, 4, w // 4, 4, c).permute(0, 1, 3, 2, 4, 5).reshape(n * (h // 4) * (w // 4), 16, c)
        q, k, v = self.qkv(x).reshape(x.size(0), 16, 3, 2, c // 2).permute(2, 0, 3, 1, 4).unbind(0)
        scores = q.mul(0.5).matmul(k.transpose(-2, -1)) + self.bias
        mask = x.new_zeros((h, w))
        for part, rows in enumerate([(0, -4), (-4, -2), (-2, None)]):
            mask[rows[0]:rows[1]] = part
        mask = mask.view(h // 4, 4, w // 4, 4).permute(0, 2, 1, 3).reshape(-1, 16)
        mask = mask.unsqueeze(1) - mask.unsqueeze(2)
        mask = mask.masked_fill(mask != 0, float("-inf"))
        scores = scores.view(n, -1, 2, 16, 16) + mask.unsqueeze(1).unsqueeze(0)
        x = F.softmax(scores.view(-1, 2, 16, 16), dim=-1).matmul(v).transpose(1, 2).reshape(n, h * w, c)
        return self.fc(x.mean(1))


class Weights(nn.Module):
    """Weights that are laid out in other ways: transposed, a part of a storage, shared, expanded, not stored, a constant."""

    def __init__(self):
        super().__init__()
        whole = torch.randn(40, 12)
        self.transposed = nn.Parameter(torch.randn(12, 5).t())
        self.part = nn.Parameter(whole[8:20])
        self.other = nn.Parameter(whole[20:32, 3:8])
        self.fc = nn.Linear(12, 12, bias=False)
        self.tied = nn.Linear(12, 12, bias=False)
        self.tied.weight = self.fc.weight
        self.register_buffer("expanded", torch.randn(1, 12).expand(3, 12))
        self.register_buffer("unstored", torch.randn(12), persistent=False)

    def forward(self, x):
        x = torch.cat([x.mean((2, 3)), x.amax((2, 3)), x.amin((2, 3)), x.flatten(1)[:, :3]], 1)
        x = self.tied(torch.tanh(self.fc(x) * self.unstored)) @ self.part + self.expanded[0]
        x = x * torch.tensor([1.0, 2.0, 3.0, 4.0] * 3)
        return x @ self.transposed.t() + x @ self.other


class Regions(nn.Module):
    """Parts of the graph that are graphs: without gradients, and in mixed precision."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 5)

    def forward(self, x):
        with torch.no_grad():
            scale = x.std() * 0 + 2
        return self.fc(x.mean((2, 3))) * scale


class Statistics(nn.Module):
    """Operators that libtorch 1.13 does not have, of the normalisations and activations of newer networks."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3)
        self.prelu = nn.PReLU(6)
        self.norm = nn.RMSNorm(6)
        self.fc = nn.Linear(6, 5)

    def forward(self, x):
        weight = F.batch_norm(self.conv.weight.reshape(1, 6, -1), None, None, training=True).reshape(6, 3, 3, 3)
        x = self.prelu(F.conv2d(x, weight)).mean((2, 3), keepdim=True)
        return self.fc(self.norm(torch.squeeze(x, (2, 3))))


class Small(nn.Module):
    """What is enough where something else is the matter."""

    def __init__(self, type=torch.float32):
        super().__init__()
        self.fc = nn.Linear(3, 5, dtype=type)

    def forward(self, x):
        return self.fc(x.mean((2, 3)))


class TwoInputs(Small):
    def forward(self, x, y):
        return super().forward(x + y)


class TwoOutputs(Small):
    def forward(self, x):
        logits = super().forward(x)
        return logits, logits * 2


class LogitsAndMap(Small):
    """Of two outputs one has a row for each image."""

    def forward(self, x):
        return super().forward(x), x * 2


class Bytes(Small):
    def forward(self, x):
        return super().forward(x.float() / 255)


class Rows(Small):
    def forward(self, x):
        return self.fc(x)


@torch.library.custom_op("fixtures::twist", mutates_args=())
def twist(x: torch.Tensor) -> torch.Tensor:
    return x.flip(1)


@twist.register_fake
def _(x):
    return torch.empty_like(x)


class Custom(Small):
    def forward(self, x):
        return super().forward(twist(x))


class Bessel(Small):
    """An operator of libtorch that no classifier needs."""

    def forward(self, x):
        return super().forward(torch.special.bessel_j0(x))


class Branch(Small):
    def forward(self, x):
        return torch.cond(x.sum() > 0, lambda x: x + 1, lambda x: x - 1, (super().forward(x),))


def export(name, model, *inputs, any_batch=True, core=False):
    """Without the places in the source, which are most of such a file."""
    shapes = tuple({0: anything} if any_batch else None for _ in inputs)
    program = torch.export.export(model.eval(), inputs, dynamic_shapes=shapes)
    if core:
        program = program.run_decompositions()
    for module in program.graph_module.modules():
        for node in module.graph.nodes if isinstance(module, torch.fx.GraphModule) else []:
            for key in ("stack_trace", "nn_module_stack", "source_fn_stack", "torch_fn", "from_node"):
                node.meta.pop(key, None)
    program.example_inputs = None
    torch.export.save(program, here / f"{name}.pt2")


def seeded(kind, *arguments, **named):
    torch.manual_seed(7)
    model = kind(*arguments, **named)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, 0, 0.3)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            nn.init.uniform_(module.weight, 0.5, 1.5)
    return model.eval()


def main():
    torch.set_num_threads(1)
    images = torch.rand(3, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    expected = {"images": images}

    def good(name, model, dtype=torch.float32, **options):
        batch = options.pop("batch", 2)
        export(name, model, images[:batch].to(dtype), **options)
        with torch.no_grad():
            answer = model(images.to(dtype))
            expected[name] = (answer[0] if isinstance(answer, tuple) else answer).float().contiguous()

    good("cnn", seeded(CNN))
    good("cnn-core", seeded(CNN), core=True)
    good("attention", seeded(Attention))
    good("attention-one", seeded(Attention), any_batch=False, batch=1)
    good("attention-two", seeded(Attention), any_batch=False, batch=2)
    good("windows", seeded(Windows))
    good("windows-one", seeded(Windows), any_batch=False, batch=1)
    good("windows-one-core", seeded(Windows), any_batch=False, batch=1, core=True)
    good("weights", seeded(Weights))
    good("regions", seeded(Regions))
    good("statistics", seeded(Statistics), core=True)
    good("float64", seeded(Small, torch.float64), torch.float64)
    good("bfloat16", seeded(Small, torch.bfloat16), torch.bfloat16)
    good("logits-and-map", seeded(LogitsAndMap))
    export("two-inputs", seeded(TwoInputs), images, images)
    export("two-outputs", seeded(TwoOutputs), images)
    export("bytes", seeded(Bytes), (images * 255).byte())
    export("rows", seeded(Rows), images[:, :, 0, 0])
    export("custom", seeded(Custom), images)
    export("bessel", seeded(Bessel), images)
    export("branch", seeded(Branch), images)
    broken = seeded(Small)
    broken.fc.weight.data[0, 0] = float("nan")
    export("nan", broken, images)
    save_file(expected, here / "expected.safetensors")

    # As PyTorch wrote them before 2.8.
    with zipfile.ZipFile(here / "older.pt2", "w") as archive:
        archive.writestr("version", "6.1")
        archive.writestr("serialized_exported_program.json", '{"torch_version": "2.6.0"}')


if __name__ == "__main__":
    main()
