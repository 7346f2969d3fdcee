"""What timm's vision transformer with PyTorch's operators gives for the weights of ViT-Tiny, in float64, and AttnLRP by its authors' lxt.

    pip install torch timm numpy && pip install --no-deps lxt
    python3 -W ignore make_transformer.py

Weights and images come from ../formula.py (rounded to float32, then widened); 4 classes. expected.json holds

    logits      [2, 4] of the images [2, 3, 8, 8] = unit(1000, i)
    gradients   [4, 2, 3, 8, 8]: row k is the gradient of the logit of class k, with 7 digits
    loss        the cross-entropy of each of 10 steps (before the step) on 8 images [8, 3, 8, 8] = unit(4300, i) with the labels
                i mod 4, by AdamW as in ../training
    relevance   [4, 2, 3, 8, 8]: row k is the relevance of the logit of class k by the operators of lxt.explicit, with 7 digits; their ε
                is made 1e-10, for they add it to negative sums, too
"""

import json
import pathlib
import sys

import torch
from lxt.explicit import functional as lrp
from lxt.explicit.rules import identity
from timm.models.vision_transformer import VisionTransformer
from torch.nn import functional as F

EPSILON = 1e-10
here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
import formula  # noqa: E402


def network():
    model = VisionTransformer(
        img_size=8, patch_size=4, num_classes=4, embed_dim=128, depth=4, num_heads=4, mlp_ratio=2, class_token=False,
        global_pool="avg", fc_norm=False)
    return formula.fill(model).double()


def losses(steps=10):
    model = network().train()
    images, labels = formula.images(8, 3, 8, 8, stream=4300).double(), torch.arange(8) % 4
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01, foreach=False)
    found = []
    for _ in range(steps):
        loss = F.cross_entropy(model(images), labels)
        found.append(loss.item())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return found


def linear(layer, x):
    return lrp.linear_epsilon(x, layer.weight, layer.bias, EPSILON)


def norm(layer, x):
    return lrp.layer_norm_grad_fn.apply(x, layer.weight, layer.bias, layer.eps, EPSILON)


def relevance(model, images, chosen):
    """The network once more, of operators whose backward pass, which goes once, gives relevance for relevance."""
    images = images.detach().requires_grad_()
    projection = model.patch_embed.proj
    patches = F.unfold(images, 4, stride=4).transpose(1, 2)
    x = lrp.linear_epsilon(patches, projection.weight.flatten(1), projection.bias, EPSILON)
    x = lrp.add2(x, model.pos_embed.expand_as(x), False, EPSILON)
    n, tokens, width = x.shape
    for block in model.blocks:
        qkv = linear(block.attn.qkv, norm(block.norm1, x)).reshape(n, tokens, 3, 4, width // 4)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        # A factor that is a constant hands all relevance on.
        scores = lrp.mul2(lrp.matmul(q, k.transpose(-2, -1), False, EPSILON), (width // 4) ** -0.5)
        mixed = lrp.matmul(lrp.softmax(scores, -1), v, False, EPSILON)
        mixed = linear(block.attn.proj, mixed.transpose(1, 2).reshape(n, tokens, width))
        x = lrp.add2(x, mixed, False, EPSILON)
        hidden = identity(F.gelu, linear(block.mlp.fc1, norm(block.norm2, x)))
        x = lrp.add2(x, linear(block.mlp.fc2, hidden), False, EPSILON)
    logits = linear(model.head, lrp.mean(norm(model.norm, x), 1, False, EPSILON))
    torch.testing.assert_close(logits, model(images))
    return torch.autograd.grad(logits[:, chosen], images, logits[:, chosen].detach())[0]


def numbers(values):
    return [float(f"{value:.6e}") for value in torch.stack(values).flatten().tolist()]


model = network().eval()
images = formula.images(2, 3, 8, 8).double().requires_grad_()
logits = model(images)
gradients = [torch.autograd.grad(logits[:, k].sum(), images, retain_graph=True)[0] for k in range(4)]
found = {
    "logits": logits.flatten().tolist(),
    "gradients": numbers(gradients),
    "relevance": numbers([relevance(model, images, k) for k in range(4)]),
    "loss": losses(),
}
(here / "expected.json").write_text(json.dumps(found) + "\n")
