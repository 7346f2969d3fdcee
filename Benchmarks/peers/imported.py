"""Writes a bundled ResNet-18 as PyTorch has it, as an archive of `torch.export`.

    imported.py WEIGHTS.safetensors MODEL.pt2
"""

import sys

import torch
from safetensors.torch import load_file
from torchvision.models import resnet18

weights, file = sys.argv[1:]
# The bundled weights are stored in 16 bits.
state = {name: value.float() for name, value in load_file(weights).items()}
model = resnet18(weights=None, num_classes=len(state["fc.bias"]))
model.load_state_dict(state, strict=False)
program = torch.export.export(
    model.eval(), (torch.rand(2, 3, 32, 32),), dynamic_shapes=({0: torch.export.Dim.AUTO},)
)
torch.export.save(program, file)
