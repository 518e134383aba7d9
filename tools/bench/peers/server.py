"""Answers one JSON request a line with one JSON line: the same work as ours, on the same weights and batch."""

import json
import os
import sys
import time

import torch
from bert import Bert, read_safetensors, transformer_layer_loss

LEARNING_RATE = 1e-4
ADAMW = {"lr": LEARNING_RATE, "betas": (0.9, 0.999), "eps": 1e-6, "weight_decay": 0.01}


class StudentStep:
    """Loss, gradients and AdamW of a 4-layer student, its teacher's signals given."""

    def __init__(self, request):
        tensors = read_safetensors(request["file"])
        take = lambda prefix: {name[len(prefix):]: value for name, value in tensors.items() if name.startswith(prefix)}
        self.mapping = request["mapping"]
        self.inputs = {name: value.int() for name, value in take("input.").items()}
        hidden, scores = take("hidden."), take("scores.")
        self.teacher = ({int(i): v for i, v in hidden.items()}, {int(i) - 1: v for i, v in scores.items()})
        weights = take("student.")
        self.projection = (weights.pop("projections.0.weight"), weights.pop("projections.0.bias"))
        self.student = Bert(request["config"], weights, trained=True)
        for value in self.projection:
            value.requires_grad_(True)
        trained = [*self.student.parameters.values(), *self.projection]
        self.optimizers = {
            "default": torch.optim.AdamW(trained, **ADAMW),
            "fused": torch.optim.AdamW(trained, fused=True, **ADAMW),
        }

    def loss(self, dropout):
        key_mask = self.inputs["keyMask"]
        hidden, scores = self.student.encode(self.inputs["tokenIds"], self.inputs["segmentIds"], key_mask, dropout)
        projected = [state @ self.projection[0] + self.projection[1] for state in hidden]
        return transformer_layer_loss((projected, scores), self.teacher, self.mapping, key_mask)

    def check(self):
        with torch.no_grad():
            return {"loss": self.loss(0.0).item()}

    def once(self, kind):
        optimizer = self.optimizers["fused" if kind == "bf16" else kind]
        optimizer.zero_grad(set_to_none=True)
        if kind == "bf16":
            with torch.autocast("cpu", dtype=torch.bfloat16):
                loss = self.loss(0.1)
        else:
            loss = self.loss(0.1)
        loss.backward()
        optimizer.step()


class TeacherPass:
    """A pass in evaluation mode with every hidden state and every score as results."""

    def __init__(self, request):
        tensors = read_safetensors(request["file"])
        take = lambda prefix: {name[len(prefix):]: value for name, value in tensors.items() if name.startswith(prefix)}
        self.inputs = {name: value.int() for name, value in take("input.").items()}
        self.teacher = Bert(request["config"], take("teacher."))

    def results(self):
        with torch.inference_mode():
            return self.teacher.encode(self.inputs["tokenIds"], self.inputs["segmentIds"], self.inputs["keyMask"])

    def check(self):
        hidden, scores = self.results()
        norm = lambda tensors: sum((tensor.double() ** 2).sum().item() for tensor in tensors)
        return {"hiddenSquares": norm(hidden), "scoreSquares": norm(scores)}

    def once(self, kind):
        if kind == "bf16":
            with torch.autocast("cpu", dtype=torch.bfloat16):
                self.results()
        else:
            self.results()


WORKS = {"student-step": StudentStep, "teacher-pass": TeacherPass}


def main():
    torch.set_num_threads(int(os.environ["PEER_THREADS"]))
    torch.manual_seed(1)
    work = None
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "load":
            work = WORKS[request["work"]](request)
            answer = {"torch": torch.__version__, **work.check()}
        else:
            answer = {"milliseconds": []}
            for _ in range(request["repetitions"]):
                start = time.perf_counter()
                work.once(request["kind"])
                answer["milliseconds"].append((time.perf_counter() - start) * 1000)
        print(json.dumps(answer), flush=True)


main()
