"""Writes what PyTorch makes of TinyBERT: losses with gradients, and 20 steps of each phase under each preset.

libs/model/distillation/test/fixtures/torch-losses.json
libs/stages/student-train/test/fixtures/torch-trajectories.json
"""

import base64
import json
import platform
from pathlib import Path

import torch
from tinybert_torch import (
    WEIGHTS,
    classify,
    encode,
    logits_term,
    optimizer_of,
    transformer_terms,
    warmup_constant,
    warmup_linear,
    weighted,
)

ROOT = Path(__file__).parents[2]
PROVENANCE = f"tools/reference-fixtures/tinybert-trajectories.py with Python {platform.python_version()}, PyTorch {torch.__version__}, float32 on the CPU"
torch.manual_seed(20)
torch.set_num_threads(1)

TEACHER = {"layers": 4, "hiddenSize": 12, "heads": 2, "intermediateSize": 24, "maxPositions": 8}
STUDENT = {"layers": 2, "hiddenSize": 8, "heads": 2, "intermediateSize": 16, "maxPositions": 8}
VOCABULARY, CLASSES, LENGTH, ROWS, BATCHES, STEPS = 24, 3, 8, 4, 5, 20
MAPPING = [0, 2, 4]
LEARNING_RATE = 0.01


def encoded(tensor):
    values = base64.b64encode(tensor.detach().contiguous().numpy().tobytes()).decode()
    return {"shape": list(tensor.shape), "values": values}


def nested(tensor):
    return [nested(part) for part in tensor] if tensor.dim() > 0 else round(tensor.item(), 6)


def specs(geometry):
    hidden, wide = geometry["hiddenSize"], geometry["intermediateSize"]

    def dense(name, out, into):
        return [(f"{name}.weight", (out, into)), (f"{name}.bias", (out,))]

    def norm(name):
        return [(f"{name}.scale", (hidden,)), (f"{name}.bias", (hidden,))]

    shapes = [
        ("embeddings.word", (VOCABULARY, hidden)),
        ("embeddings.position", (geometry["maxPositions"], hidden)),
        ("embeddings.segment", (2, hidden)),
        *norm("embeddings.norm"),
    ]
    for i in range(geometry["layers"]):
        for part in ("query", "key", "value", "output"):
            shapes += dense(f"layers.{i}.attention.{part}", hidden, hidden)
        shapes += norm(f"layers.{i}.attention.norm")
        shapes += dense(f"layers.{i}.intermediate", wide, hidden) + dense(f"layers.{i}.output", hidden, wide)
        shapes += norm(f"layers.{i}.norm")
    return shapes + dense("pooler", hidden, hidden) + dense("classifier", CLASSES, hidden)


def random_weights(geometry, deviation):
    """Biases and scales are random too, so that none of them hides behind 0 or 1."""
    return {
        name: torch.randn(shape) * deviation + (1.0 if name.endswith(".scale") else 0.0)
        for name, shape in specs(geometry)
    }


def random_batches():
    batches = []
    for _ in range(BATCHES):
        lengths = torch.randint(3, LENGTH + 1, (ROWS,))
        mask = (torch.arange(LENGTH)[None, :] < lengths[:, None]).long()
        first = (lengths + 1) // 2
        segments = (torch.arange(LENGTH)[None, :] >= first[:, None]).long() * mask
        batches.append(
            {
                "tokenIds": torch.randint(5, VOCABULARY, (ROWS, LENGTH)) * mask,
                "segmentIds": segments,
                "keyMask": mask,
                "labels": torch.randint(0, CLASSES, (ROWS,)),
            }
        )
    return batches


def random_projections():
    shape = (STUDENT["hiddenSize"], TEACHER["hiddenSize"])
    return [(torch.randn(shape) * 0.3, torch.randn(shape[1]) * 0.3) for _ in range(2)]


def projections_of(preset, projections):
    """One for all, with a bias; the paper's W_e and W_h have none."""
    return [(weight, None) for weight, _ in projections] if preset == "paper" else projections[:1]


def terms_of(preset, names, student, teacher, projections, batch, logits):
    terms = {}
    if "attention" in names or "hidden" in names:
        terms.update(transformer_terms(preset, student, teacher, projections, batch["keyMask"], MAPPING))
    if "logits" in names:
        terms["logits"] = logits_term(preset, *logits)
    if "labels" in names:
        terms["labels"] = torch.nn.functional.cross_entropy(logits[0], batch["labels"])
    return {name: terms[name] for name in names}


def losses():
    """Loss, terms and gradients of given tensors, without a model."""
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])
    batch = {"keyMask": mask, "labels": torch.tensor([2, 0])}

    def rounded(*shape):
        return (torch.randn(shape) * 0.8).round(decimals=3)

    def answers(layers, width):
        return [rounded(2, 4, width) for _ in range(layers + 1)], [rounded(2, 2, 4, 4) for _ in range(layers)]

    student, teacher = answers(2, 3), answers(4, 5)
    # A genuine score below the threshold, which the reference code sets to zero.
    student[1][0][0, 0, 1, 2] = -150.0
    logits = rounded(2, 3), rounded(2, 3)
    projections = [(rounded(3, 5), rounded(5)) for _ in range(2)]
    cases = []
    for preset in ("official", "paper", "article"):
        names = WEIGHTS["article"] if preset == "article" else {**WEIGHTS["intermediate"], **WEIGHTS["prediction"]}
        own = projections_of(preset, projections)
        leaves = {
            **{f"hidden.{i}": value for i, value in enumerate(student[0])},
            **{f"scores.{i + 1}": value for i, value in enumerate(student[1])},
            "logits": logits[0],
            **{f"projection.{i}.weight": weight for i, (weight, _) in enumerate(own)},
            **{f"projection.{i}.bias": bias for i, (_, bias) in enumerate(own) if bias is not None},
        }
        for value in leaves.values():
            value.grad = None
            value.requires_grad_(True)
        terms = terms_of(preset, names, student, teacher, own, batch, logits)
        loss = weighted(names, terms)
        loss.backward()
        gradients = {name: nested(value.grad) for name, value in leaves.items() if value.grad is not None}
        cases.append({"preset": preset, "weights": names, "loss": loss.item(), "terms": values(terms), "gradients": gradients})
    return {
        "provenance": PROVENANCE,
        "keyMask": mask.tolist(),
        "labels": batch["labels"].tolist(),
        "mapping": MAPPING,
        "student": {"hiddenStates": [nested(x) for x in student[0]], "attentionScores": [nested(x) for x in student[1]], "logits": nested(logits[0])},
        "teacher": {"hiddenStates": [nested(x) for x in teacher[0]], "attentionScores": [nested(x) for x in teacher[1]], "logits": nested(logits[1])},
        "projections": [{"weight": nested(weight), "bias": nested(bias)} for weight, bias in projections],
        "cases": cases,
    }


def values(terms):
    return {name: term.item() for name, term in terms.items()}


def trajectory(preset, phase, given):
    names = WEIGHTS["article" if preset == "article" else phase]
    own = projections_of(preset, given["projections"])
    learned = {f"projections.{i}.weight": weight for i, (weight, _) in enumerate(own)}
    learned.update({f"projections.{i}.bias": bias for i, (_, bias) in enumerate(own) if bias is not None})
    named = {name: value.clone().requires_grad_(True) for name, value in {**given["student"], **learned}.items()}
    optimizer = optimizer_of(preset, named, LEARNING_RATE)
    schedule = warmup_constant if (preset, phase) in (("official", "intermediate"), ("article", "joint")) else warmup_linear
    steps = []
    for step in range(STEPS):
        batch = given["batches"][step % BATCHES]
        with torch.no_grad():
            teacher = encode(given["teacher"], TEACHER, batch)
            teacher_logits = classify(preset, given["teacher"], teacher[0][-1])
        student = encode(named, STUDENT, batch)
        pairs = [
            (named[f"projections.{i}.weight"], named.get(f"projections.{i}.bias")) for i in range(len(own))
        ]
        logits = classify(preset, named, student[0][-1]), teacher_logits
        terms = terms_of(preset, names, student, teacher, pairs, batch, logits)
        loss = weighted(names, terms)
        for value in named.values():
            value.grad = None
        loss.backward()
        optimizer.step(schedule(step, STEPS, 0.1))
        steps.append({"loss": loss.item(), **values(terms)})
    start = {**given["student"], **learned}
    moved = {name: (value.detach() - start[name]).norm().item() for name, value in named.items()}
    return {"preset": preset, "phase": phase, "steps": steps, "moved": {name: norm for name, norm in moved.items() if norm > 0}}


def trajectories():
    given = {
        "teacher": random_weights(TEACHER, 0.4),
        "student": random_weights(STUDENT, 0.3),
        "projections": random_projections(),
        "batches": random_batches(),
    }
    phases = [
        *((preset, phase) for preset in ("official", "paper", "masked") for phase in ("intermediate", "prediction")),
        ("article", "joint"),
    ]
    return {
        "provenance": PROVENANCE,
        "encoding": "values are float32, little endian, row-major, in base64",
        "geometry": {"teacher": TEACHER, "student": STUDENT, "vocabularySize": VOCABULARY, "labels": ["a", "b", "c"]},
        "learningRate": LEARNING_RATE,
        "batches": [{name: value.tolist() for name, value in batch.items()} for batch in given["batches"]],
        "teacher": {name: encoded(value) for name, value in given["teacher"].items()},
        "student": {name: encoded(value) for name, value in given["student"].items()},
        "projections": [{"weight": encoded(weight), "bias": encoded(bias)} for weight, bias in given["projections"]],
        "trajectories": [trajectory(preset, phase, given) for preset, phase in phases],
    }


def write(path, document):
    target = ROOT / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(document) + "\n")


write("libs/model/distillation/test/fixtures/torch-losses.json", losses())
write("libs/stages/student-train/test/fixtures/torch-trajectories.json", trajectories())
