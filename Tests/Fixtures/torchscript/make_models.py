"""TorchScript files like those that people bring: good ones, and every kind that needs an explanation.

    pip install torch torchvision numpy safetensors
    PYTHONHASHSEED=0 python3 -W ignore make_models.py

Weights come from ../formula.py. Unless said otherwise a model takes pictures of 3x8x8 and knows 4 classes. What each
file is for stands in `MODELS` below. Beside them, expected.safetensors holds for the models named in `EXPECTED`

    <model>.logits      [2, K]            for the batch [2, C, H, W] = unit(3000, i), in evaluation mode
    <model>.gradients   [K, 2, C, H, W]   of every logit, by autograd in float64
"""

import io
import json
import pathlib
import sys
import zipfile
from typing import Dict, List, Optional, Tuple

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
import formula  # noqa: E402


class Linear(nn.Module):
    """logits = W x + b: the gradient of logit k is row k of W."""

    def __init__(self, channels: int = 3, classes: int = 4):
        super().__init__()
        self.fc = nn.Linear(channels * 64, classes)

    def forward(self, x):
        return self.fc(x.flatten(1))


class CNN(nn.Module):
    """Any size. Batch normalisation and dropout as modules, so that evaluation mode matters and works."""

    def __init__(self, classes: int = 4):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.bn = nn.BatchNorm2d(4)
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(4, classes)

    def forward(self, x):
        return self.fc(self.dropout(self.bn(self.conv(x)).relu()).mean((2, 3)))


class Bounded(CNN):
    """Ends in something else than a linear layer."""

    def forward(self, x):
        return 5 * torch.tanh(super().forward(x) / 5)


class TracedDropout(Linear):
    """Dropout as a function, traced in training mode: no switch to evaluation mode reaches it."""

    def forward(self, x):
        return self.fc(F.dropout(x, 0.5, True).flatten(1))


class BatchStatistics(CNN):
    """Traced in training mode: what it says of a picture depends on the others in the batch."""

    def forward(self, x):
        x = F.batch_norm(self.conv(x), None, None, self.bn.weight, self.bn.bias, True)
        return self.fc(x.relu().mean((2, 3)))


class FixedBatch(Linear):
    """A batch size written into the code by tracing; any other throws."""

    def __init__(self, batch: int):
        super().__init__()
        self.batch = batch

    def forward(self, x):
        return self.fc(x.reshape(self.batch, 192))


class MergedBatch(Linear):
    """Made for one picture; for two it answers without an error, but as one row [1, 2 K]."""

    def forward(self, x):
        return self.fc(x.flatten(1)).reshape(1, -1)


class Detached(Linear):
    def forward(self, x):
        return self.fc(x.detach().flatten(1))


class Decision(Linear):
    """Answers with the decision instead of scores: nothing to differentiate."""

    def forward(self, x):
        return F.one_hot(self.fc(x.flatten(1)).argmax(1), 4).float()


class Sign(Linear):
    """Differentiable by the letter, but the gradient is zero everywhere."""

    def forward(self, x):
        return self.fc((x - 0.5).sign().flatten(1))


class HalfDetached(Linear):
    """Answers like Linear, but but half of what every pixel does escapes the gradient."""

    def forward(self, x):
        return self.fc((0.5 * x + 0.5 * x.detach()).flatten(1))


class Rounded(Linear):
    """A straight-through estimator: pixels are rounded to 0 or 1, and the gradient pretends that they are not."""

    def forward(self, x):
        return self.fc((x + (x.round() - x).detach()).flatten(1))


class TupleOutput(Linear):
    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor]:
        x = x.flatten(1)
        return self.fc(x), x


class DictOutput(Linear):
    def forward(self, x: Tensor) -> Dict[str, Tensor]:
        x = x.flatten(1)
        return {"logits": self.fc(x), "features": x}


class ListOutput(Linear):
    def forward(self, x: Tensor) -> List[Tensor]:
        return [self.fc(x.flatten(1))]


class Softmax(Linear):
    def forward(self, x):
        return super().forward(x).softmax(1)


class SaturatedSoftmax(Linear):
    """So sure of everything that its probabilities are 0 and 1 to float rounding."""

    def forward(self, x):
        return (1000 * super().forward(x)).softmax(1)


class LogSoftmax(Linear):
    def forward(self, x):
        return super().forward(x).log_softmax(1)


class Sigmoid(Linear):
    def forward(self, x):
        return super().forward(x).sigmoid()


class NoClassAxis(Linear):
    """A single score as [N]."""

    def forward(self, x):
        return super().forward(x)[:, 0]


class Spatial(Linear):
    """[N, K, 1, 1], as fully convolutional classifiers answer."""

    def forward(self, x):
        return super().forward(x)[:, :, None, None]


class DenseMap(nn.Module):
    """[N, K, H, W]: a segmentation, not a classification."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)

    def forward(self, x):
        return self.conv(x)


class NotANumber(Linear):
    def forward(self, x):
        return (super().forward(x) - 100).sqrt()


class Attention(nn.Module):
    """Every form of the operator scaled_dot_product_attention; patches of 4x4, 2 heads of 6 numbers."""

    def __init__(self):
        super().__init__()
        self.patches = nn.Conv2d(3, 12, 4, stride=4)
        self.queries = nn.Linear(12, 12)
        self.keys = nn.Linear(12, 12)
        self.fc = nn.Linear(12, 4)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        n, length, _ = x.shape
        q = self.queries(x).reshape(n, length, 2, 6).transpose(1, 2)
        k = self.keys(x).reshape(n, length, 2, 6).transpose(1, 2)
        v = x.reshape(n, length, 2, 6).transpose(1, 2)
        keep = torch.ones(length, length, dtype=torch.bool, device=x.device).triu()
        bias = torch.arange(length, device=x.device, dtype=x.dtype).reshape(1, length) * 0.25
        y = F.scaled_dot_product_attention(q, k, v)
        y = y + F.scaled_dot_product_attention(q, k, v, keep)
        y = y + F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        y = y + F.scaled_dot_product_attention(q, k, v, is_causal=True)
        y = y + F.scaled_dot_product_attention(q, k, v, scale=0.7)
        y = y + F.scaled_dot_product_attention(q, k[:, :1], v[:, :1], enable_gqa=True)
        return self.fc(y.transpose(1, 2).flatten(2).mean(1))


class UnknownOperator(Linear):
    """rms_norm came with PyTorch 2.4."""

    def forward(self, x):
        return self.fc(F.rms_norm(x.flatten(1), [192]))


class TwoInputs(Linear):
    def forward(self, x: Tensor, y: Tensor):
        return self.fc((x + y).flatten(1))


class OptionalInput(Linear):
    def forward(self, x: Tensor, mask: Optional[Tensor] = None):
        return self.fc(x.flatten(1))


def vit():
    from torchvision.models import VisionTransformer

    return VisionTransformer(
        image_size=8, patch_size=4, num_layers=2, num_heads=2, hidden_dim=12, mlp_dim=16, num_classes=4
    )


def traced(model, batch=2, channels=3, training=False, dtype=torch.float32):
    model = formula.fill(model).to(dtype).train(training)
    return torch.jit.trace(model, torch.rand(batch, channels, 8, 8, dtype=dtype), check_trace=False)


def scripted(model, training=False):
    return torch.jit.script(formula.fill(model).train(training))


MODELS = {
    # that work
    "linear": lambda: traced(Linear()),  # wants 8x8: another size throws inside
    "grey": lambda: traced(Linear(channels=1), channels=1),
    "cnn": lambda: scripted(CNN(), training=True),
    "thousand-classes": lambda: traced(CNN(1000)),
    "thousand-bounded": lambda: traced(Bounded(1000)),
    "float64": lambda: traced(Linear(), dtype=torch.float64),
    "bfloat16": lambda: traced(Linear(), dtype=torch.bfloat16),
    "attention": lambda: scripted(Attention()),
    "vit": lambda: traced(vit()),
    "optional-input": lambda: scripted(OptionalInput()),
    "spatial": lambda: traced(Spatial()),
    # one number for each picture
    "single-logit": lambda: traced(Linear(classes=1)),
    "no-class-axis": lambda: traced(NoClassAxis()),
    "single-sigmoid": lambda: traced(Sigmoid(classes=1)),
    # probabilities instead of logits
    "softmax": lambda: traced(Softmax()),
    "saturated-softmax": lambda: traced(SaturatedSoftmax()),
    "log-softmax": lambda: traced(LogSoftmax()),
    # a batch size written into them
    "batch-one": lambda: traced(FixedBatch(1), batch=1),
    "batch-four": lambda: traced(FixedBatch(4), batch=4),
    "batch-merged": lambda: traced(MergedBatch(), batch=1),
    # gradients that are not those of the answers
    "half-detached": lambda: traced(HalfDetached()),
    "rounded": lambda: traced(Rounded()),
    # answers that nobody can use
    "traced-dropout": lambda: traced(TracedDropout(), training=True),
    "batch-statistics": lambda: traced(BatchStatistics(), training=True),
    "detached": lambda: traced(Detached()),
    "decision": lambda: traced(Decision()),
    "sign": lambda: traced(Sign()),
    "nan": lambda: traced(NotANumber()),
    "dense-map": lambda: traced(DenseMap()),
    "tuple": lambda: scripted(TupleOutput()),
    "dictionary": lambda: scripted(DictOutput()),
    "list": lambda: scripted(ListOutput()),
    "two-inputs": lambda: scripted(TwoInputs()),
    "unknown-operator": lambda: scripted(UnknownOperator()),
}
EXPECTED = {"linear": Linear, "cnn": CNN, "attention": Attention, "vit": vit}


def save(model, path, store=torch.jit.save):
    """Stores a model without what differs from machine to machine: source locations and the inputs of tracing."""
    whole = io.BytesIO()
    store(model, whole)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w") as target:
        for entry in source.infolist():
            name = entry.filename.split("/", 1)[1]
            content = source.read(entry)
            if name.endswith(".debug_pkl") or name.startswith("traced_inputs"):
                continue
            if name == "models/model.json":
                graph = json.loads(content)
                for node in graph["graph_module"]["graph"]["nodes"]:
                    node["metadata"].pop("stack_trace", None)
                content = json.dumps(graph).encode()
            target.writestr(zipfile.ZipInfo(f"{path.stem}/{name}"), content)


for name, build in MODELS.items():
    torch.manual_seed(0)
    save(build(), here / f"{name}.pt")

# Two files that are no TorchScript but often taken for it: weights alone, and the newer format of torch.export.
torch.save(formula.fill(Linear()).state_dict(), here / "state-dictionary.pt")
exported = torch.export.export(formula.fill(Linear()).eval(), (torch.rand(2, 3, 8, 8),))
save(exported, here / "exported.pt2", torch.export.save)

expected = {}
for name, build in EXPECTED.items():
    model = formula.fill(build()).double().eval()
    x = formula.images(2, 3, 8, 8, stream=3000).double().requires_grad_()
    logits = model(x)
    gradients = [torch.autograd.grad(logits[:, k].sum(), x, retain_graph=True)[0] for k in range(logits.shape[1])]
    expected[f"{name}.logits"] = logits.detach().float()
    expected[f"{name}.gradients"] = torch.stack(gradients).float()
save_file(expected, here / "expected.safetensors")
