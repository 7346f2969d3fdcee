"""What an expert assembles for the answers and maps of a deletion benchmark: the fastest of several libraries, chosen by trial.

Answers come from frozen and optimised TorchScript, `torch.compile`, ONNX Runtime or OpenVINO, all in float32; gradients of all
classes from one backward pass for each, a batched one (`is_grads_batched`) or `torch.func.jacrev`; the images of one process with all
processors or of one process for each. Batch normalisation is folded, passes are shared by all maps, and no image is asked about twice:
a map that has run out of pixels needs no more passes.
"""

import logging
import multiprocessing
import os
import sys
import tempfile
import time
import warnings

import numpy as np
import torch


def say(text):
    print(text, file=sys.stderr)


def folded(model):
    """The same with every batch normalisation in the convolution before it."""
    from torch.fx.experimental.optimization import fuse

    return fuse(model.eval()).requires_grad_(False).to(memory_format=torch.channels_last)


# Answers: each makes a function from images [B, C, H, W] to logits.


def torch_script(model, example, threads):
    script = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(model, example)))
    return script


def compiled(model, example, threads):
    import torch._inductor.config

    torch._inductor.config.freezing = True
    return torch.compile(model)


def exported(model, example, folder):
    file = f"{folder}/model.onnx"
    torch.onnx.export(model, (example,), file, input_names=["images"], dynamo=False)
    return file


def onnx_runtime(model, example, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    with tempfile.TemporaryDirectory() as folder:
        session = onnxruntime.InferenceSession(
            exported(model, example, folder), options, providers=["CPUExecutionProvider"]
        )
    return lambda images: torch.from_numpy(session.run(None, {"images": images.contiguous().numpy()})[0])


def openvino(model, example, threads):
    import openvino as ov

    settings = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
    with tempfile.TemporaryDirectory() as folder:
        core = ov.Core()
        request = core.compile_model(core.read_model(exported(model, example, folder)), "CPU", settings)
    return lambda images: torch.from_numpy(request(images.contiguous().numpy())[0])


ENGINES = [torch_script, compiled, onnx_runtime, openvino]


# Gradients [K, B, C, H, W] of all classes.


def one_by_one(model, batch):
    variable = batch.clone(memory_format=torch.preserve_format).requires_grad_()
    logits = model(variable)
    count = logits.shape[1]
    return torch.stack([
        torch.autograd.grad(logits[:, k].sum(), variable, retain_graph=k < count - 1)[0] for k in range(count)
    ])  # fmt: skip


def batched(model, batch):
    variable = batch.clone(memory_format=torch.preserve_format).requires_grad_()
    logits = model(variable)
    count = logits.shape[1]
    seeds = torch.eye(count)[:, None, :].expand(count, *logits.shape)
    return torch.autograd.grad(logits, variable, seeds, is_grads_batched=True)[0]


def jacrev(model, batch):
    # The sum over the images: each image's logits depend on it alone.
    return torch.func.jacrev(lambda images: model(images).sum(0))(batch)


GRADIENTS = [one_by_one, batched, jacrev]


def fastest(kind, candidates, run, rounds=3):
    """The candidate with the shortest run, and its name."""
    found = []
    for candidate in candidates:
        try:
            body = run(candidate)
            body()  # The first call sets it up.
            seconds = []
            for _ in range(rounds):
                start = time.perf_counter()
                body()
                seconds.append(time.perf_counter() - start)
            found.append((min(seconds), candidate))
            say(f"{kind}, {candidate.__name__}: {1000 * min(seconds):.1f} ms")
        except Exception as error:  # Not every library takes every network.
            say(f"{kind}, {candidate.__name__}: {str(error).splitlines()[0][:120] if str(error) else type(error).__name__}")
    return min(found, key=lambda entry: entry[0])[1]


class Expert:
    def __init__(self, model, example, threads, engine=None, gradients=None):
        warnings.filterwarnings("ignore")
        logging.disable(logging.WARNING)
        torch.set_num_threads(threads)
        self.model = folded(model)
        small = example.shape[2] <= 64
        # Larger batches of large images only leave the caches; several classes at once take as much memory as so many images.
        self.size, self.images = (256, 128) if small else (16, 8)
        full = example[:1].repeat(self.size, 1, 1, 1).contiguous()
        made = {}

        def answering(candidate):
            with torch.no_grad():
                made[candidate] = candidate(self.model, full, threads)
            return lambda: self.call(made[candidate], full)

        batch = full[: self.images].to(memory_format=torch.channels_last)
        self.engine = engine or fastest("answers", ENGINES, answering)
        if self.engine not in made:
            answering(self.engine)()
        self.gradients = gradients or fastest("maps", GRADIENTS, lambda way: lambda: way(self.model, batch))
        self.ask = made[self.engine]

    def call(self, ask, images):
        with torch.inference_mode():
            return ask(images.to(memory_format=torch.channels_last)).argmax(1)

    def answer(self, images):
        """The classes of any number of images, in batches of the one size that everything was set up for."""
        count = len(images)
        if count < self.size:
            images = torch.cat([images, images[:1].expand(self.size - count, -1, -1, -1)])
        return self.call(self.ask, images)[:count]

    def run(self, images, protocol):
        return torch.cat([self.block(block, protocol) for block in images.split(self.images)])

    def block(self, images, protocol):
        views, fractions, colours = protocol["views"], protocol["fractions"], protocol["colours"]
        predicted = torch.cat([self.answer(part) for part in images.split(self.size)])
        gradients = self.gradients(self.model, images.to(memory_format=torch.channels_last))
        rows = torch.arange(len(images))
        own = gradients[predicted, rows]
        gradients[predicted, rows] = -torch.inf
        highest = gradients.amax(0)
        gradients[predicted, rows] = torch.inf
        lowest = gradients.amin(0)
        answers = predicted.int().reshape(-1, 1, 1, 1).repeat(1, len(colours), len(views), len(fractions))
        with torch.inference_mode():
            ranks, counts = [], []
            for name in views:
                values = protocol["view"](name, own, highest, lowest)
                ranks.append(protocol["ranking"](values).int())
                counts.append(torch.stack([protocol["counts"](fraction, values) for fraction in fractions], 1))
            ranks, counts = torch.stack(ranks, 1), torch.stack(counts, 1)  # [N, view, P], [N, view, fraction]
            # Each different image once: where as many pixels are deleted as at the fraction before, it is the same one.
            new = torch.ones_like(counts, dtype=torch.bool)
            new[:, :, 1:] = counts[:, :, 1:] != counts[:, :, :-1]
            new &= counts > 0
            items = new.nonzero()
            for c, colour in enumerate(colours):
                found = []
                for part in items.split(self.size):
                    n, v, f = part.unbind(1)
                    mask = (ranks[n, v] < counts[n, v, f][:, None]).reshape(len(part), 1, *images.shape[2:])
                    found.append(self.answer(images[n].masked_fill(mask, colour)))
                n, v, f = items.unbind(1)
                answers[n, c, v, f] = torch.cat(found).int() if found else answers[n, c, v, f]
                for f in range(1, len(fractions)):
                    same = ~new[:, :, f] & (counts[:, :, f] > 0)
                    answers[:, c, :, f] = torch.where(same, answers[:, c, :, f - 1], answers[:, c, :, f])
        return answers


def work(pipe, make, example, engine, gradients, protocol):
    """A process with one thread: answers for the images that it is sent."""
    expert = Expert(make(), example, 1, engine, gradients)
    pipe.send("ready")
    while (images := pipe.recv()) is not None:
        pipe.send(expert.run(torch.from_numpy(images), protocol).numpy())


class Several:
    """A process for each processor."""

    def __init__(self, make, example, engine, gradients, protocol):
        context = multiprocessing.get_context("spawn")
        self.workers = []
        for _ in range(os.cpu_count()):
            here, there = context.Pipe()
            process = context.Process(target=work, args=(there, make, example, engine, gradients, protocol), daemon=True)
            process.start()
            self.workers.append((process, here))
        for _, pipe in self.workers:
            pipe.recv()

    def run(self, images):
        parts = np.array_split(images.numpy(), len(self.workers))
        for (_, pipe), part in zip(self.workers, parts):
            pipe.send(part)
        return torch.from_numpy(np.concatenate([pipe.recv() for _, pipe in self.workers]))

    def end(self):
        for process, pipe in self.workers:
            pipe.send(None)
            process.join()


def best(make, images, protocol):
    """The fastest way, set up: a function of images, what it is, and what ends it."""
    threads = os.cpu_count()
    one = Expert(make(), images[:1], threads)
    several = Several(make, images[:1], one.engine, one.gradients, protocol) if threads > 1 else None
    sample = images[: min(len(images), 4 * threads if images.shape[2] > 64 else 64 * threads)]

    def alone(images):
        return one.run(images, protocol)

    def together(images):
        return several.run(images)

    ways = [alone] + ([together] if several else [])
    way = fastest("processes", ways, lambda way: lambda: way(sample), rounds=2)
    choice = dict(
        answers=one.engine.__name__, maps=one.gradients.__name__, processes=threads if way is together else 1
    )
    return way, choice, several.end if several else lambda: None
