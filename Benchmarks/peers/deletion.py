"""Black- and white-deletion of the five maps in PyTorch; prints seconds and writes the predictions.

    deletion.py plain|skilled|expert WEIGHTS.safetensors IMAGES.npy OUT.npy

plain    the published algorithm: every map on its own, a fresh forward and backward pass for every class that it needs, the
         parameters in the graph, a sort for every fraction.
skilled  what a PyTorch user who knows it well would write: one forward pass and one backward pass per class for all maps,
         frozen parameters, one sort per map, inference mode, channels-last.
expert   the fastest of what can be assembled from several libraries, see expert.py.

IMAGES are uint8 [N, H, W, C]. All follow the same protocol: the class predicted for the untouched image is explained,
k = floor(f P + 1/2) pixels are deleted, and never one whose saliency is zero. OUT is int32 [N, colour, map, fraction].
Loading and importing are not part of the seconds.
"""

import functools
import json
import pathlib
import resource
import sys
import time

import numpy as np
import torch
import torch.utils.flop_counter
from safetensors import safe_open

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Tests/Fixtures"))
from formula import BasicCNN, resnet18  # noqa: E402

VIEWS = ("original", "positive", "negative", "active", "inactive")
FRACTIONS = [step / 10 for step in range(10)]
COLOURS = (0.0, 1.0)


def load(path):
    with safe_open(path, "pt") as file:
        state = {name: file.get_tensor(name).float() for name in file.keys()}
        architecture = file.metadata()["architecture"]
    make = {"basic-cnn": BasicCNN, "resnet18": resnet18}[architecture]
    model = make(state["conv1.weight"].shape[1], len(state["fc.bias"]))
    model.load_state_dict(state, strict=False)
    return model.eval()


def view(name, own, highest=None, lowest=None):
    values = {
        "original": lambda: own.abs(),
        "positive": lambda: own.relu(),
        "negative": lambda: (-own).relu(),
        "active": lambda: own.abs() * (own > highest),
        "inactive": lambda: own.abs() * (own < lowest),
    }[name]()
    return values.amax(1)


def counts(fraction, saliency):
    """How many pixels of each image are deleted."""
    available = (saliency > 0).flatten(1).sum(1)
    return available.clamp(max=int(fraction * saliency[0].numel() + 0.5))


def deleted(images, ranks, count, colour):
    mask = (ranks < count[:, None]).reshape(len(images), 1, *images.shape[2:])
    return torch.where(mask, torch.full_like(images, colour), images)


def ranking(saliency):
    order = saliency.flatten(1).argsort(dim=1, descending=True, stable=True)
    return torch.empty_like(order).scatter_(1, order, torch.arange(order.shape[1]).expand_as(order))


def plain(model, images):
    def gradient(batch, classes):
        batch = batch.clone().requires_grad_()
        logits = model(batch)
        logits.gather(1, classes[:, None]).sum().backward()
        model.zero_grad()
        return batch.grad

    def saliency(name, batch, predicted, class_count):
        own = gradient(batch, predicted)
        if name not in ("active", "inactive"):
            return view(name, own)
        highest, lowest = torch.full_like(own, -torch.inf), torch.full_like(own, torch.inf)
        for turn in range(1, class_count):
            other = gradient(batch, (predicted + turn) % class_count)
            highest, lowest = torch.maximum(highest, other), torch.minimum(lowest, other)
        return view(name, own, highest, lowest)

    results = []
    for batch in images.split(128):
        logits = model(batch)
        predicted, class_count = logits.argmax(1), logits.shape[1]
        answers = torch.empty(len(batch), len(COLOURS), len(VIEWS), len(FRACTIONS), dtype=torch.int32)
        for v, name in enumerate(VIEWS):
            values = saliency(name, batch, predicted, class_count)
            for c, colour in enumerate(COLOURS):
                for f, fraction in enumerate(FRACTIONS):
                    changed = deleted(batch, ranking(values), counts(fraction, values), colour)
                    answers[:, c, v, f] = model(changed).argmax(1)
        results.append(answers)
    return torch.cat(results)


def skilled(model, images):
    model.requires_grad_(False)
    model = model.to(memory_format=torch.channels_last)
    # Larger batches of large images only leave the caches.
    size = 512 if images.shape[2] <= 64 else 32
    results = []
    for batch in images.split(size):
        batch = batch.to(memory_format=torch.channels_last)
        variable = batch.clone(memory_format=torch.preserve_format).requires_grad_()
        logits = model(variable)
        predicted, class_count = logits.argmax(1), logits.shape[1]
        own = highest = lowest = None
        for turn in range(class_count):
            seed = torch.zeros_like(logits).scatter_(1, ((predicted + turn) % class_count)[:, None], 1)
            (g,) = torch.autograd.grad(logits, variable, seed, retain_graph=turn < class_count - 1)
            if turn == 0:
                own, highest, lowest = g, torch.full_like(g, -torch.inf), torch.full_like(g, torch.inf)
            else:
                highest, lowest = torch.maximum(highest, g), torch.minimum(lowest, g)
        answers = torch.empty(len(batch), len(COLOURS), len(VIEWS), len(FRACTIONS), dtype=torch.int32)
        with torch.inference_mode():
            for v, name in enumerate(VIEWS):
                values = view(name, own, highest, lowest)
                ranks = ranking(values)
                for f, fraction in enumerate(FRACTIONS):
                    if fraction == 0:
                        answers[:, :, v, f] = predicted[:, None].int()
                        continue
                    count = counts(fraction, values)
                    for c, colour in enumerate(COLOURS):
                        answers[:, c, v, f] = model(deleted(batch, ranks, count, colour)).argmax(1)
        results.append(answers)
    return torch.cat(results)


def matrix_rate(size=2048):
    """Floating-point operations a second of a matrix product; the best of some."""
    a, b = torch.rand(2, size, size)
    seconds = []
    for _ in range(10):
        start = time.perf_counter()
        a @ b
        seconds.append(time.perf_counter() - start)
    return 2 * size**3 / min(seconds)


def main(way, weights, pixels, out):
    images = torch.from_numpy(np.load(pixels)).permute(0, 3, 1, 2).contiguous().float() / 255
    choice, end = {}, lambda: None
    if way == "expert":
        import expert

        protocol = dict(views=VIEWS, fractions=FRACTIONS, colours=COLOURS, view=view, ranking=ranking, counts=counts)
        run, choice, end = expert.best(functools.partial(load, weights), images, protocol)
    else:
        model = load(weights)
        run = functools.partial({"plain": plain, "skilled": skilled}[way], model)
    run(images[:8])  # The first calls set libraries up.
    start = time.perf_counter()
    answers = run(images)
    seconds = time.perf_counter() - start
    end()
    np.save(out, answers.numpy())
    model = load(weights)
    with torch.utils.flop_counter.FlopCounterMode(display=False) as counter:
        logits = model(images[:1])
    # One untouched image, all fractions but 0 of all maps in both colours; a backward pass to the image takes as much.
    passes = 1 + logits.shape[1] + len(VIEWS) * (len(FRACTIONS) - 1) * len(COLOURS)
    operations = counter.get_total_flops() * passes * len(images)
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(json.dumps(dict(
        seconds=seconds, operations=operations, matrix_rate=matrix_rate(), choice=choice, children=children
    )))  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
