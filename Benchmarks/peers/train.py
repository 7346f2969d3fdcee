"""One epoch of the paper's recipe in plain eager PyTorch; prints images per second and what the time went to, as JSON.

    train.py basic-cnn|resnet18 IMAGES EPOCHS [--channels-last]

As a PyTorch user writes it: modules, torch.optim.AdamW, cross_entropy. The images are in memory already, which spares it
the data loader.
"""

import json
import pathlib
import sys
import time

import torch
from torch.nn import functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Tests/Fixtures"))
from formula import BasicCNN, resnet18  # noqa: E402


def main(architecture, count, epochs, channels_last):
    torch.manual_seed(0)
    model = {"basic-cnn": BasicCNN, "resnet18": resnet18}[architecture](3, 10)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    model = model.to(memory_format=layout).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.001, weight_decay=0.01)
    images = torch.randint(0, 256, (count, 3, 32, 32), dtype=torch.uint8)
    labels = torch.randint(0, 10, (count,))
    for epoch in range(epochs):
        phases = dict(batches=0.0, forward=0.0, backward=0.0, update=0.0)
        begin = time.perf_counter()
        for indices in torch.randperm(count).split(128):
            start = time.perf_counter()
            batch = (images[indices].float() / 255).to(memory_format=layout)
            target = labels[indices]
            made = time.perf_counter()
            loss = F.cross_entropy(model(batch), target)
            done = time.perf_counter()
            optimizer.zero_grad()
            loss.backward()
            back = time.perf_counter()
            optimizer.step()
            end = time.perf_counter()
            phases["batches"] += made - start
            phases["forward"] += done - made
            phases["backward"] += back - done
            phases["update"] += end - back
            loss.item()
        seconds = time.perf_counter() - begin
    print(json.dumps(dict(rate=count / seconds, version=torch.__version__, **phases)))


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), "--channels-last" in sys.argv)
