"""Other packages' values of the attributions by masks and by paths, for all classes, on the Basic CNN, in float64.

    pip install torch captum saliency numpy scipy scikit-image safetensors
    python3 make_paths_and_masks.py

Weights and images come from ../formula.py. One file paths-and-masks-<channels>x<height>x<width>-<classes>.safetensors, all tensors
float32 (computed in float64, then rounded): row k explains the logit of class k.

    occlusion-<window>-<stride>-<baseline>   Captum's Occlusion, [K, N, H, W]: the same in all channels
    expected-gradients                       Captum's GradientShap without noise, [K, N, C, H, W]: SAMPLES pairs; sample s of image i
                                             has the baseline (2 i + 3 s) % 4 of images(4, ..., stream=1003), rounded to whole 255ths, and
                                             alpha = unit(1004 + i, s)
    blur-integrated-gradients                saliency's BlurIG, STEPS steps up to MAX_SIGMA, its derivative from a step of 1e-6
    guided-integrated-gradients              saliency's GuidedIG, STEPS steps from black, fraction 0.25, distance 0.02
    guided-integrated-gradients-white-0.1-0.3   from white, fraction 0.1, distance 0.3
"""

import pathlib
import sys

import captum.attr
import numpy as np
import saliency.core
import torch
from safetensors.torch import save_file

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent))
import formula  # noqa: E402

CHANNELS, HEIGHT, WIDTH, CLASSES, COUNT = 3, 20, 18, 3, 2
SAMPLES, STEPS, MAX_SIGMA = 6, 12, 5.0
# NumPy has taken the old name of the option away.
quantile = np.quantile
np.quantile = lambda values, share, interpolation: quantile(values, share, method=interpolation)

model = formula.fill(formula.BasicCNN(CHANNELS, CLASSES)).double().eval()
images = formula.images(COUNT, CHANNELS, HEIGHT, WIDTH).double()
baselines = {
    "black": torch.zeros_like(images),
    "white": torch.ones_like(images),
    "mean": images.mean((2, 3), keepdim=True).expand_as(images),
}


def each_class(values):
    return torch.stack([values(k) for k in range(CLASSES)])


def occlusion(window, stride, baseline):
    return each_class(
        lambda k: captum.attr.Occlusion(model).attribute(
            images, (CHANNELS, *window), (CHANNELS, *stride), baselines[baseline].contiguous(), target=k
        )[:, 0]
    )


def expected_gradients(k):
    np.random.choice = lambda count, size: np.array(
        [(2 * i + 3 * s) % count for i in range(COUNT) for s in range(SAMPLES)]
    )
    np.random.uniform = lambda low, high, size: np.concatenate([formula.unit(1004 + i, SAMPLES) for i in range(COUNT)])
    drawn = (255 * formula.images(4, CHANNELS, HEIGHT, WIDTH, stream=1003).double()).round() / 255
    return captum.attr.GradientShap(model).attribute(images, drawn, n_samples=SAMPLES, stdevs=0.0, target=k)


def channels_last(method, **options):
    def gradients(values, call_model_args, expected_keys):
        x = torch.from_numpy(np.asarray(values)).permute(0, 3, 1, 2).requires_grad_()
        gradient = torch.autograd.grad(model(x)[:, call_model_args].sum(), x)[0]
        return {saliency.core.INPUT_OUTPUT_GRADIENTS: gradient.permute(0, 2, 3, 1).numpy()}

    def values(k):
        pictures = images.permute(0, 2, 3, 1).numpy()
        maps = [method.GetMask(picture, gradients, k, **options) for picture in pictures]
        return torch.from_numpy(np.stack(maps)).permute(0, 3, 1, 2)

    return each_class(values)


tensors = {
    "occlusion-7x6-3x4-black": occlusion((7, 6), (3, 4), "black"),
    "occlusion-4x5-4x1-mean": occlusion((4, 5), (4, 1), "mean"),
    "expected-gradients": each_class(expected_gradients),
    "blur-integrated-gradients": channels_last(
        saliency.core.BlurIG(), max_sigma=MAX_SIGMA, steps=STEPS, grad_step=1e-6
    ),
    "guided-integrated-gradients": channels_last(
        saliency.core.GuidedIG(), x_baseline=np.zeros((HEIGHT, WIDTH, CHANNELS)), x_steps=STEPS
    ),
    "guided-integrated-gradients-white-0.1-0.3": channels_last(
        saliency.core.GuidedIG(), x_baseline=np.ones((HEIGHT, WIDTH, CHANNELS)), x_steps=STEPS, fraction=0.1, max_dist=0.3
    ),
}
stored = {key: value.detach().float().contiguous() for key, value in tensors.items()}
name = f"paths-and-masks-{CHANNELS}x{HEIGHT}x{WIDTH}-{CLASSES}"
save_file(stored, here / f"{name}.safetensors")
print(name, {key: round(value.abs().max().item(), 4) for key, value in stored.items()})
