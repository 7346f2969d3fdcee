"""A classifier of torchvision or timm with random weights in every format, and what PyTorch says about two images.

    python architectures.py NETWORK FOLDER

`Benchmarks/architectures` calls it. The weights come from a seed; statistics of batch normalisations are about those of noise,
and factors, summands and scales of layers are random, so that every part of the network matters and logits differ. Into FOLDER go

    reference.safetensors    images [2, 3, H, W] in 0…1; of the network in float64 logits [2, K], class [2] (the largest logit), and
                             gradients [2, 3, H, W] of that logit
    model.pt2                torch.export, for any number of images, or for two where failures.txt says so
    onnx-dynamo.onnx         torch.onnx.export, for any number of images, its weights beside it
    onnx-dynamo-fixed.onnx   for one image
    onnx-script.onnx         with the exporter that goes by TorchScript, for any number of images
    onnx-script-fixed.onnx   for one image
    model.pt                 torch.jit.trace
    failures.txt             what PyTorch could not make, a line each: the file's name and why

Files that are there are kept.
"""

import logging
import math
import os
import pathlib
import shutil
import sys
import tempfile
import warnings

import timm
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn

any_number = torch.export.Dim.AUTO
# The side of the images; 224 where nothing is said.
sizes = {"inception_v3": 299, "mobilevit_xs": 256}
torchvisions = {"googlenet": dict(aux_logits=False), "inception_v3": dict(aux_logits=False)}


def network(name):
    torch.manual_seed(1)
    if hasattr(torchvision.models, name):
        extra = torchvisions.get(name, {})
        if extra:
            extra["init_weights"] = False
        model = torchvision.models.get_model(name, weights=None, **extra)
    else:
        model = timm.create_model(name, pretrained=False)
    for name, value in model.named_parameters():
        width = value.numel() // max(1, value.shape[0])
        with torch.no_grad():
            if value.dim() < 2 or width == 1 or "scale" in name or name.endswith("gamma"):
                is_shift = name.endswith("bias")
                value.copy_(torch.randn_like(value) * 0.1 if is_shift else torch.rand_like(value) + 0.5)
            elif not any(part in name for part in ("bias", "pos_embed", "position", "token")):
                value.copy_(torch.randn_like(value) * (1.5 / width) ** 0.5)
            else:
                value.copy_(torch.randn_like(value) * 0.2)
    return model


def first_line(error):
    return next((line[:200] for line in str(error).splitlines() if line.strip()), type(error).__name__)


def images(count, size):
    """Blurred noise with some grain."""
    coarse = torch.rand(count, 3, 7, 7)
    smooth = nn.functional.interpolate(coarse, size=(size, size), mode="bicubic", align_corners=False)
    return (smooth * 0.8 + torch.rand(count, 3, size, size) * 0.2).clamp(0, 1)


def settle(model, size):
    """Gives batch normalisations the statistics of noise, blurred and not, one after the other, in round numbers.

    Exporters fold them into convolutions, in float32. With factors and deviations that are powers of two this changes no bit;
    else some ReLU is off by one rounding that is on by another, and gradients differ where nothing is wrong.
    """

    def adapt(norm, inputs):
        axes = [axis for axis in range(inputs[0].dim()) if axis != 1]
        norm.eps = 2.0 ** round(math.log2(norm.eps))
        variance = inputs[0].var(axes, correction=0).clamp(4.0**-3, 4.0**6)
        norm.running_var.copy_(4.0 ** (variance.log2() / 2).round() - norm.eps)
        norm.running_mean.copy_((inputs[0].mean(axes) * 1024).round() / 1024)
        norm.weight.copy_(2.0 ** norm.weight.log2().round())
        norm.bias.copy_((norm.bias * 1024).round() / 1024)

    norms = [module for module in model.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    hooks = [norm.register_forward_pre_hook(adapt) for norm in norms]
    with torch.no_grad():
        model.eval()(torch.cat([images(4, size), torch.rand(4, 3, size, size)]))
    for hook in hooks:
        hook.remove()
    return model


def reference(model, own):
    model = model.double()
    own = own.double().requires_grad_()
    logits = model(own)
    chosen = logits.argmax(1)
    logits.gather(1, chosen[:, None]).sum().backward()
    spread = logits.detach().std(1)
    assert torch.isfinite(own.grad).all() and (spread > 0.01).all() and own.grad.abs().max() > 0, spread
    return {"images": own.detach(), "logits": logits.detach(), "class": chosen, "gradients": own.grad}


def exports(model, size):
    """Of each file what writes it, and returns what is to be said of it."""
    torch.manual_seed(2)
    one, two = images(1, size), images(2, size)
    names = dict(input_names=["images"], output_names=["logits"])

    def pt2(path):
        remark = None
        try:
            program = torch.export.export(model, (two,), dynamic_shapes=({0: any_number},))
        except Exception as error:
            remark = f"for two images alone: {first_line(error)}"
            program = torch.export.export(model, (two,))
        torch.export.save(program, path)
        return remark

    def dynamo(path, fixed):
        options = {} if fixed else dict(dynamic_shapes=({0: torch.export.Dim("batch")},))
        torch.onnx.export(model, (one if fixed else two,), path, dynamo=True, verbose=False, **names, **options)

    def script(path, fixed):
        options = {} if fixed else dict(dynamic_axes={"images": {0: "batch"}, "logits": {0: "batch"}})
        torch.onnx.export(model, (one if fixed else two,), path, dynamo=False, **names, **options)

    def trace(path):
        torch.jit.trace(model, one, check_trace=False).save(path)

    return {
        "model.pt2": pt2,
        "onnx-dynamo.onnx": lambda path: dynamo(path, False),
        "onnx-dynamo-fixed.onnx": lambda path: dynamo(path, True),
        "onnx-script.onnx": lambda path: script(path, False),
        "onnx-script-fixed.onnx": lambda path: script(path, True),
        "model.pt": trace,
    }


def main(name, folder):
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    folder.mkdir(parents=True, exist_ok=True)
    size = sizes.get(name, 224)
    torch.manual_seed(0)
    model = settle(network(name), size)
    said = folder / "failures.txt"
    lines = said.read_text().splitlines() if said.exists() else []
    failures = [line for line in lines if (folder / line.partition(":")[0]).exists()]
    for file, write in exports(model, size).items():
        if (folder / file).exists():
            continue
        # Whole or not at all.
        with tempfile.TemporaryDirectory(dir=folder) as place:
            try:
                remark = write(os.path.join(place, file))
            except Exception as error:
                remark = first_line(error)
                for part in os.listdir(place):
                    os.remove(os.path.join(place, part))
            if remark:
                failures.append(f"{file}: {remark}")
                print(f"{name} {file}: {remark}", flush=True)
            for part in sorted(os.listdir(place), reverse=True):
                shutil.move(os.path.join(place, part), folder / part)
    said.write_text("".join(line + "\n" for line in failures))
    if not (folder / "reference.safetensors").exists():
        torch.manual_seed(3)
        save_file(reference(model, images(2, size)), folder / "reference.partial")
        (folder / "reference.partial").rename(folder / "reference.safetensors")


main(sys.argv[1], pathlib.Path(sys.argv[2]))
