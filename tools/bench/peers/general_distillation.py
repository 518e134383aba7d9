"""General distillation on full rows, with a teacher that is asked at every step.

One JSON argument; see src/peers/general-distillation.ts. `published` does as general_distill.py of the published code:
the teacher computes with dropout and keeps what a backward pass would need. Prints examples per second and peak bytes.
"""

import json
import resource
import sys
import time
from contextlib import nullcontext

import torch
from bert import Bert, fresh, transformer_layer_loss

WARM_UPS = 1


def main():
    job = json.loads(sys.argv[1])
    torch.set_num_threads(job["threads"])
    torch.manual_seed(1)
    shared = {"layerNormEpsilon": 1e-12, "vocabularySize": job["vocabularySize"], "maxPositions": 512}
    teacher_config, student_config = ({**job[name], **shared} for name in ("teacher", "student"))
    teacher = Bert(teacher_config, fresh(teacher_config), trained=job["published"])
    student = Bert(student_config, fresh(student_config), trained=True)
    sizes = (student_config["hiddenSize"], teacher_config["hiddenSize"])
    projection = [(torch.randn(*sizes) * 0.02).requires_grad_(), torch.zeros(sizes[1]).requires_grad_()]
    optimizer = torch.optim.AdamW([*student.parameters.values(), *projection], lr=1e-4, fused=not job["published"])
    step = teacher_config["layers"] // student_config["layers"]
    mapping = [step * layer for layer in range(student_config["layers"] + 1)]
    shape = (job["batchSize"], job["length"])
    times = []
    for _ in range(WARM_UPS + job["steps"]):
        start = time.perf_counter()
        ids, segments, mask = torch.randint(1000, job["vocabularySize"], shape), torch.zeros(shape).long(), torch.ones(shape)
        with nullcontext() if job["published"] else torch.no_grad():
            taught = teacher.encode(ids, segments, mask, 0.1 if job["published"] else 0.0)
        hidden, scores = student.encode(ids, segments, mask, 0.1)
        projected = [state @ projection[0] + projection[1] for state in hidden]
        loss = transformer_layer_loss((projected, scores), tuple([x.detach() for x in part] for part in taught), mapping, mask)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        times.append(time.perf_counter() - start)
    seconds = sum(times[WARM_UPS:])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"examplesPerSecond": job["steps"] * job["batchSize"] / seconds, "peakBytes": peak}))


main()
