"""Writes what PyTorch makes of the losses that TinyBERT has not: attention by divergence, hidden states by cosine.

libs/model/distillation/test/fixtures/torch-kinds.json
"""

import json
import platform
from pathlib import Path

import torch
from tinybert_torch import (
    attention_divergence,
    attention_divergence_reference,
    hidden_cosine,
    hidden_cosine_reference,
    project,
)

ROOT = Path(__file__).parents[2]
PROVENANCE = f"tools/reference-fixtures/distillation-kinds.py with Python {platform.python_version()}, PyTorch {torch.__version__}, float32 on the CPU"
torch.manual_seed(21)
torch.set_num_threads(1)

LENGTHS, LENGTH, HEADS, STUDENT, TEACHER = [4, 2, 3], 4, 2, 3, 5


def rounded(*shape):
    return (torch.randn(shape) * 0.8).round(decimals=3)


def nested(tensor):
    return [nested(part) for part in tensor] if tensor.dim() > 0 else round(tensor.item(), 6)


def case(padding, loss, leaves):
    for value in leaves.values():
        value.grad = None
        value.requires_grad_(True)
    value = loss(**leaves)
    value.backward()
    return {"padding": padding, "loss": value.item(), "gradients": {name: nested(leaf.grad) for name, leaf in leaves.items()}}


mask = (torch.arange(LENGTH)[None, :] < torch.tensor(LENGTHS)[:, None]).long()
rows = len(LENGTHS)
scores = [rounded(rows, HEADS, LENGTH, LENGTH) * 3 for _ in range(2)]
hidden = rounded(rows, LENGTH, STUDENT), rounded(rows, LENGTH, TEACHER)
weight, bias = rounded(STUDENT, TEACHER), rounded(TEACHER)


def attention(loss):
    return lambda student: loss(student, scores[1], mask)


def states(loss):
    return lambda student, weight, bias: loss(project([(weight, bias)], 0, student), hidden[1], mask)


document = {
    "provenance": PROVENANCE,
    "keyMask": mask.tolist(),
    "scores": {"student": nested(scores[0]), "teacher": nested(scores[1])},
    "hidden": {"student": nested(hidden[0]), "teacher": nested(hidden[1])},
    "projection": {"weight": nested(weight), "bias": nested(bias)},
    "attention": [
        case("masked", attention(attention_divergence), {"student": scores[0]}),
        case("reference", attention(attention_divergence_reference), {"student": scores[0]}),
    ],
    "cosine": [
        case("masked", states(hidden_cosine), {"student": hidden[0], "weight": weight, "bias": bias}),
        case("reference", states(hidden_cosine_reference), {"student": hidden[0], "weight": weight, "bias": bias}),
    ],
}
(ROOT / "libs/model/distillation/test/fixtures/torch-kinds.json").write_text(json.dumps(document) + "\n")
