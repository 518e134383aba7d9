"""BERT and the losses of TinyBERT in PyTorch, with the parameter names of libs/model/families/src/parameters.ts.

B batch, S sequence, H hidden size, A heads, D head size.
"""

import json
import math
import struct

import torch
import torch.nn.functional as F


def read_safetensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        values = bytearray(file.read())
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        flat = torch.frombuffer(values, dtype=torch.float32, count=(end - begin) // 4, offset=begin)
        tensors[name] = flat.reshape(entry["shape"]).clone()
    return tensors


class Bert:
    """Post-layer-norm encoder with attention scores as results: what transformers computes eagerly, without its wrappers."""

    def __init__(self, config, parameters, trained=False):
        self.config = config
        self.parameters = {name: value.requires_grad_(trained) for name, value in parameters.items()}

    def linear(self, x, name):
        return F.linear(x, self.parameters[f"{name}.weight"], self.parameters[f"{name}.bias"])

    def norm(self, x, name):
        scale, bias = self.parameters[f"{name}.scale"], self.parameters[f"{name}.bias"]
        return F.layer_norm(x, (x.shape[-1],), scale, bias, self.config["layerNormEpsilon"])

    def encode(self, token_ids, segment_ids, key_mask, dropout=0.0):
        """Returns hidden states 0..layers [B, S, H] and scores before softmax and mask [B, A, S, S]."""
        p, heads = self.parameters, self.config["heads"]
        batch, length = token_ids.shape
        split = lambda x: x.view(batch, length, heads, -1).transpose(1, 2)
        drop = lambda x: F.dropout(x, dropout) if dropout else x
        mask = (1.0 - key_mask[:, None, None, :].float()) * -10000.0
        x = F.embedding(token_ids, p["embeddings.word"]) + F.embedding(segment_ids, p["embeddings.segment"])
        x = drop(self.norm(x + p["embeddings.position"][:length], "embeddings.norm"))
        hidden_states, scores = [x], []
        for i in range(self.config["layers"]):
            name = f"layers.{i}"
            query, key, value = (split(self.linear(x, f"{name}.attention.{part}")) for part in ("query", "key", "value"))
            score = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
            context = (drop(torch.softmax(score + mask, -1)) @ value).transpose(1, 2).reshape(batch, length, -1)
            attended = self.norm(drop(self.linear(context, f"{name}.attention.output")) + x, f"{name}.attention.norm")
            wide = F.gelu(self.linear(attended, f"{name}.intermediate"))
            x = self.norm(drop(self.linear(wide, f"{name}.output")) + attended, f"{name}.norm")
            hidden_states.append(x)
            scores.append(score)
        return hidden_states, scores

    def classify(self, last_hidden_state, dropout=0.0):
        pooled = torch.tanh(self.linear(last_hidden_state[:, 0], "pooler"))
        return self.linear(F.dropout(pooled, dropout) if dropout else pooled, "classifier")


def fresh(config, labels=2):
    """Random weights of a model with a classification head."""
    hidden, wide = config["hiddenSize"], config["intermediateSize"]
    matrix = lambda *shape: torch.randn(*shape) * 0.02
    p = {
        "embeddings.word": matrix(config["vocabularySize"], hidden),
        "embeddings.position": matrix(config["maxPositions"], hidden),
        "embeddings.segment": matrix(2, hidden),
        "embeddings.norm.scale": torch.ones(hidden),
        "embeddings.norm.bias": torch.zeros(hidden),
    }
    for i in range(config["layers"]):
        sizes = {f"attention.{part}": (hidden, hidden) for part in ("query", "key", "value", "output")}
        sizes |= {"intermediate": (wide, hidden), "output": (hidden, wide)}
        for name, shape in sizes.items():
            p[f"layers.{i}.{name}.weight"], p[f"layers.{i}.{name}.bias"] = matrix(*shape), torch.zeros(shape[0])
        for name in ("attention.norm", "norm"):
            p[f"layers.{i}.{name}.scale"], p[f"layers.{i}.{name}.bias"] = torch.ones(hidden), torch.zeros(hidden)
    p["pooler.weight"], p["pooler.bias"] = matrix(hidden, hidden), torch.zeros(hidden)
    p["classifier.weight"], p["classifier.bias"] = matrix(labels, hidden), torch.zeros(labels)
    return p


def masked_mean(squares, weights):
    """Mean of squares [B, S, n] or [B, A, S, S] over the entries of weight 1."""
    return (squares * weights).sum() / (weights.expand_as(squares)).sum()


def transformer_layer_loss(student, teacher, mapping, key_mask):
    """Attention, hidden and embedding terms, padding left out. `student` and `teacher`: (hidden states, scores); the
    student's hidden states are projected already."""
    positions = key_mask.float()[:, :, None]
    pairs = positions[:, None] * key_mask.float()[:, None, None, :]
    loss = masked_mean((student[0][0] - teacher[0][mapping[0]]) ** 2, positions)
    for layer in range(1, len(mapping)):
        loss = loss + masked_mean((student[1][layer - 1] - teacher[1][mapping[layer] - 1]) ** 2, pairs)
        loss = loss + masked_mean((student[0][layer] - teacher[0][mapping[layer]]) ** 2, positions)
    return loss
