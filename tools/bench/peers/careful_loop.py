"""The whole job as a careful PyTorch user writes it: length buckets, fused AdamW, teacher without gradients at every step.

One JSON argument; see src/peers/whole-job.ts. Prints the dev accuracy as JSON.
"""

import csv
import json
import math
import os
import random
import sys

import torch
import torch.nn.functional as F
from bert import Bert, fresh, read_safetensors, transformer_layer_loss
from tokenizers import BertWordPieceTokenizer

DROPOUT = 0.1


def read_rows(path, tokenizer, longest):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    encoded = tokenizer.encode_batch([row["sentence"] for row in rows])
    return [(each.ids[:longest], int(row["label"])) for each, row in zip(encoded, rows)]


def batches(rows, size, shuffled=True):
    """Rows of similar length together: sorted within a shuffled epoch, cut into batches, the batches shuffled."""
    order = list(range(len(rows)))
    if shuffled:
        random.shuffle(order)
    order.sort(key=lambda i: len(rows[i][0]))
    cut = [order[i : i + size] for i in range(0, len(order), size)]
    if shuffled:
        random.shuffle(cut)
    for part in cut:
        width = max(len(rows[i][0]) for i in part)
        ids = torch.zeros(len(part), width, dtype=torch.long)
        mask = torch.zeros(len(part), width, dtype=torch.long)
        for at, i in enumerate(part):
            ids[at, : len(rows[i][0])] = torch.tensor(rows[i][0])
            mask[at, : len(rows[i][0])] = 1
        yield ids, torch.zeros_like(ids), mask, torch.tensor([rows[i][1] for i in part])


def huggingface_to_ours(tensors):
    renames = [
        ("bert.embeddings.word_embeddings.weight", "embeddings.word"),
        ("bert.embeddings.position_embeddings.weight", "embeddings.position"),
        ("bert.embeddings.token_type_embeddings.weight", "embeddings.segment"),
        ("bert.embeddings.LayerNorm.weight", "embeddings.norm.scale"),
        ("bert.embeddings.LayerNorm", "embeddings.norm"),
        ("bert.encoder.layer.", "layers."),
        ("bert.pooler.dense", "pooler"),
        ("attention.self.", "attention."),
        ("attention.output.dense", "attention.output"),
        ("attention.output.LayerNorm.weight", "attention.norm.scale"),
        ("attention.output.LayerNorm", "attention.norm"),
        ("intermediate.dense", "intermediate"),
        ("output.dense", "output"),
        ("output.LayerNorm.weight", "norm.scale"),
        ("output.LayerNorm", "norm"),
    ]
    result = {}
    for name, value in tensors.items():
        for old, new in renames:
            name = name.replace(old, new)
        result[name] = value
    return result


def main():
    job = json.loads(sys.argv[1])
    torch.set_num_threads(job["threads"])
    torch.manual_seed(1)
    random.seed(1)
    tokenizer = BertWordPieceTokenizer(os.path.join(job["vocabulary"], "vocab.txt"), lowercase=True)
    train, dev = (read_rows(os.path.join(job["data"], name), tokenizer, job["maxSequenceLength"]) for name in ("train.tsv", "dev.tsv"))

    with open(os.path.join(job["teacher"], "config.json")) as file:
        theirs = json.load(file)
    shared = {"layerNormEpsilon": 1e-12, "vocabularySize": theirs["vocab_size"], "maxPositions": 512}
    teacher_config = {"layers": theirs["num_hidden_layers"], "heads": theirs["num_attention_heads"], **shared}
    weights = huggingface_to_ours(read_safetensors(os.path.join(job["teacher"], "model.safetensors")))
    teacher = Bert(teacher_config, weights)
    student_config = {**job["student"], **shared}
    student = Bert(student_config, fresh(student_config, 2), trained=True)
    projection = [torch.randn(student_config["hiddenSize"], theirs["hidden_size"]) * 0.02, torch.zeros(theirs["hidden_size"])]
    for value in projection:
        value.requires_grad_(True)
    step = teacher_config["layers"] // student_config["layers"]
    mapping = [step * layer for layer in range(student_config["layers"] + 1)]

    def phase(epochs, loss_of):
        trained = [*student.parameters.values(), *projection]
        optimizer = torch.optim.AdamW(trained, lr=job["learningRate"], weight_decay=0.01, fused=True)
        total = epochs * math.ceil(len(train) / job["batchSize"])
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda i: min((i + 1) / (0.1 * total), 1 - i / total))
        for _ in range(epochs):
            for batch in batches(train, job["batchSize"]):
                loss = loss_of(*batch)
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                torch.nn.utils.clip_grad_norm_([p for p in trained if p.grad is not None], 1.0)
                optimizer.step()
                schedule.step()

    def layers_loss(ids, segments, mask, _labels):
        with torch.no_grad():
            taught = teacher.encode(ids, segments, mask)
        hidden, scores = student.encode(ids, segments, mask, DROPOUT)
        projected = [state @ projection[0] + projection[1] for state in hidden]
        return transformer_layer_loss((projected, scores), taught, mapping, mask)

    def predictions_loss(ids, segments, mask, _labels):
        with torch.no_grad():
            taught = torch.softmax(teacher.classify(teacher.encode(ids, segments, mask)[0][-1]), -1)
        logits = student.classify(student.encode(ids, segments, mask, DROPOUT)[0][-1], DROPOUT)
        return -(taught * F.log_softmax(logits, -1)).sum(-1).mean()

    phase(job["intermediateEpochs"], layers_loss)
    phase(job["predictionEpochs"], predictions_loss)
    right = 0
    with torch.inference_mode():
        for ids, segments, mask, labels in batches(dev, job["batchSize"], shuffled=False):
            right += (student.classify(student.encode(ids, segments, mask)[0][-1]).argmax(-1) == labels).sum().item()
    print(json.dumps({"accuracy": right / len(dev)}))


main()
