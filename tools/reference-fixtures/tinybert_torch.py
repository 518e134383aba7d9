"""TinyBERT's losses, BERT's encoder and the optimizers in plain PyTorch, restated from the published formulas.

Follows general_distill.py, task_distill.py and transformer/optimization.py of huawei-noah/Pretrained-Language-Model at
0598f02 (`official`), arXiv:1909.10351 (`paper`, with padded positions left out of means) and the sum of soft targets, hard
labels, attention and hidden states of the article (`article`). Beside them, attention as MiniLM compares it
(arXiv:2002.10957) and hidden states as DistilBERT does (arXiv:1910.01108). Parameter names and layouts are Retort's. No code is taken
over; tensors are float32, dropout is 0.
"""

import torch
from torch.nn import functional

MASK_BIAS = -10000.0
THRESHOLD = -100.0


def encode(weights, geometry, batch):
    """Hidden states of layers 0 to N, and attention scores of layers 1 to N before softmax and mask."""
    ids, segments, mask = batch["tokenIds"], batch["segmentIds"], batch["keyMask"]
    rows, length = ids.shape
    heads = geometry["heads"]
    size = geometry["hiddenSize"] // heads
    positions = weights["embeddings.position"][:length].unsqueeze(0)
    x = weights["embeddings.word"][ids] + weights["embeddings.segment"][segments] + positions
    x = norm(weights, "embeddings.norm", x)
    bias = (1.0 - mask.float())[:, None, None, :] * MASK_BIAS
    hidden, scores = [x], []
    for layer in range(geometry["layers"]):
        name = f"layers.{layer}"

        def split(part):
            return dense(weights, f"{name}.attention.{part}", x).view(rows, length, heads, size).transpose(1, 2)

        query, key, value = split("query"), split("key"), split("value")
        score = query @ key.transpose(2, 3) / size**0.5
        context = (torch.softmax(score + bias, -1) @ value).transpose(1, 2).reshape(rows, length, -1)
        x = norm(weights, f"{name}.attention.norm", dense(weights, f"{name}.attention.output", context) + x)
        wide = functional.gelu(dense(weights, f"{name}.intermediate", x))
        x = norm(weights, f"{name}.norm", dense(weights, f"{name}.output", wide) + x)
        hidden.append(x)
        scores.append(score)
    return hidden, scores


def classify(preset, weights, hidden):
    """The published code has a relu after tanh; everyone else's BERT has not."""
    pooled = torch.tanh(dense(weights, "pooler", hidden[:, 0]))
    return dense(weights, "classifier", torch.relu(pooled) if preset == "official" else pooled)


def dense(weights, name, x):
    return functional.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])


def norm(weights, name, x):
    return functional.layer_norm(x, x.shape[-1:], weights[f"{name}.scale"], weights[f"{name}.bias"], 1e-12)


def project(projections, index, x):
    weight, bias = projections[index]
    return x @ weight if bias is None else x @ weight + bias


def attention_reference(student, teacher, mask):
    """Scores with the mask added, all of at most -100 set to zero, mean over everything."""
    bias = (1.0 - mask.float())[:, None, None, :] * MASK_BIAS

    def kept(score):
        biased = score + bias
        return torch.where(biased <= THRESHOLD, torch.zeros_like(biased), biased)

    return functional.mse_loss(kept(student), kept(teacher))


def attention_masked(student, teacher, mask):
    """Mean over heads and pairs of a real query and a real key."""
    pairs = (mask[:, None, :, None] * mask[:, None, None, :]).float().expand_as(student)
    return (((student - teacher) ** 2) * pairs).sum() / pairs.sum()


def hidden_reference(student, teacher, mask):
    return functional.mse_loss(student, teacher)


def hidden_masked(student, teacher, mask):
    real = mask[:, :, None].float().expand_as(student)
    return (((student - teacher) ** 2) * real).sum() / real.sum()


def attention_divergence(student, teacher, mask):
    """MiniLM: KL of probabilities over real keys, mean over heads and real queries; row by row, on rows cut to their length."""
    divergences = []
    for row, length in enumerate(mask.sum(-1).tolist()):
        log_student, log_teacher = (
            torch.log_softmax(scores[row, :, :length, :length], -1) for scores in (student, teacher)
        )
        each = functional.kl_div(log_student, log_teacher, log_target=True, reduction="none").sum(-1)
        divergences.append(each.flatten())
    return torch.cat(divergences).mean()


def attention_divergence_reference(student, teacher, mask):
    """The same with queries of padded positions counted."""
    bias = (1.0 - mask.float())[:, None, None, :] * MASK_BIAS
    log_student, log_teacher = (torch.log_softmax(scores + bias, -1) for scores in (student, teacher))
    return functional.kl_div(log_student, log_teacher, log_target=True, reduction="none").sum(-1).mean()


def hidden_cosine(student, teacher, mask):
    """DistilBERT: real positions selected, then the cosine embedding loss with target 1."""
    real = mask.bool()
    return cosine_embedding(student[real], teacher[real])


def hidden_cosine_reference(student, teacher, mask):
    return cosine_embedding(student.flatten(0, 1), teacher.flatten(0, 1))


def cosine_embedding(student, teacher):
    return functional.cosine_embedding_loss(student, teacher, torch.ones(student.shape[0]))


def soft_cross_entropy(student, teacher, temperature):
    """Summed over classes, one value a row."""
    return -(torch.softmax(teacher / temperature, -1) * torch.log_softmax(student / temperature, -1)).sum(-1)


def kl_divergence(student, teacher, temperature):
    log_student = torch.log_softmax(student / temperature, -1)
    return functional.kl_div(log_student, torch.softmax(teacher / temperature, -1), reduction="batchmean")


PADDING = {
    "official": (attention_reference, hidden_reference),
    "article": (attention_reference, hidden_reference),
    "paper": (attention_masked, hidden_masked),
    "masked": (attention_masked, hidden_masked),
}


def transformer_terms(preset, student, teacher, projections, mask, mapping):
    """attention, hidden and embedding; `student` and `teacher` are (hidden states, scores), summed over mapped layers."""
    attention_loss, hidden_loss = PADDING[preset]
    (student_hidden, student_scores), (teacher_hidden, teacher_scores) = student, teacher
    layers = range(1, len(student_hidden))
    apart = 1 if preset == "paper" else 0
    return {
        "attention": sum(
            attention_loss(student_scores[layer - 1], teacher_scores[mapping[layer] - 1], mask) for layer in layers
        ),
        "hidden": sum(
            hidden_loss(project(projections, apart, student_hidden[layer]), teacher_hidden[mapping[layer]], mask)
            for layer in layers
        ),
        "embedding": hidden_loss(project(projections, 0, student_hidden[0]), teacher_hidden[0], mask),
    }


def logits_term(preset, student, teacher):
    if preset == "article":
        return kl_divergence(student, teacher, 5.0)
    losses = soft_cross_entropy(student, teacher, 1.0)
    return losses.mean() / student.shape[1] if preset == "official" else losses.mean()


WEIGHTS = {
    "intermediate": {"attention": 1.0, "hidden": 1.0, "embedding": 1.0},
    "prediction": {"logits": 1.0},
    "article": {"attention": 1.0, "hidden": 1.0, "logits": 0.5, "labels": 1.0},
}


def weighted(weights, terms):
    return sum(weight * terms[name] for name, weight in weights.items())


class BertAdam:
    """No bias correction, decoupled decay except for biases and layer norms, gradients clipped apart or together."""

    def __init__(self, named, learning_rate, clipping, decay=0.01, betas=(0.9, 0.999), epsilon=1e-6):
        self.named, self.learning_rate, self.clipping = named, learning_rate, clipping
        self.decay, self.betas, self.epsilon = decay, betas, epsilon
        self.moments = {name: (torch.zeros_like(value), torch.zeros_like(value)) for name, value in named.items()}

    @torch.no_grad()
    def step(self, factor):
        reached = {name: value for name, value in self.named.items() if value.grad is not None}
        if self.clipping == "perTensor":
            for value in reached.values():
                torch.nn.utils.clip_grad_norm_(value, 1.0)
        else:
            total = torch.sqrt(sum((value.grad.double() ** 2).sum() for value in reached.values()))
            for value in reached.values():
                value.grad *= min(1.0, 1.0 / total.item())
        for name, value in reached.items():
            first, second = self.moments[name]
            first.mul_(self.betas[0]).add_(value.grad, alpha=1 - self.betas[0])
            second.mul_(self.betas[1]).addcmul_(value.grad, value.grad, value=1 - self.betas[1])
            update = first / (second.sqrt() + self.epsilon)
            if not name.endswith((".bias", ".scale")):
                update = update + self.decay * value
            value -= self.learning_rate * factor * update


class TorchOptimizer:
    """One of torch's own; decay in a group of its own, as they are used with BERT."""

    def __init__(self, kind, named, learning_rate, **options):
        decays = [value for name, value in named.items() if not name.endswith((".bias", ".scale"))]
        others = [value for name, value in named.items() if name.endswith((".bias", ".scale"))]
        groups = [{"params": decays, "weight_decay": options.pop("decay")}, {"params": others, "weight_decay": 0.0}]
        self.clip = options.pop("clip")
        self.named, self.learning_rate = named, learning_rate
        self.optimizer = kind(groups, lr=learning_rate, betas=(0.9, 0.999), **options)

    def step(self, factor):
        if self.clip:
            torch.nn.utils.clip_grad_norm_(list(self.named.values()), self.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate * factor
        self.optimizer.step()


def optimizer_of(preset, named, learning_rate):
    if preset == "article":
        return TorchOptimizer(torch.optim.Adam, named, learning_rate, decay=0.0, clip=0.0, eps=1e-8)
    if preset == "masked":
        return TorchOptimizer(torch.optim.AdamW, named, learning_rate, decay=0.01, clip=1.0, eps=1e-6)
    return BertAdam(named, learning_rate, "perTensor" if preset == "official" else "global")


def warmup_linear(step, total, warmup):
    x = step / total
    return x / warmup if x < warmup else max((x - 1.0) / (warmup - 1.0), 0.0)


def warmup_constant(step, total, warmup):
    return 1.0
