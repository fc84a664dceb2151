"""Fine-tunes the encoder: questions that share an answer come close, others stay where all-MiniLM-L6-v2 has them.

    encoder.py --base DIR --data DIR --out FILE [--pairs N] [--threads N] [--check DIR]

Three losses: contrast over the batch for pairs that share an answer; a logistic one over the cosine of each pair, so
that hard negatives part; and the distance between the batch's similarities and those of the base, so that what the base
knows of the language is kept.
"""

import argparse
import copy
import math
import random
import time
from pathlib import Path

import numpy
import torch
from safetensors.torch import save_file
from sklearn.metrics import roc_auc_score
from torch import nn
from torch.nn import functional as F

from bert import Bert, base, padded
from verifier import CLS, SEP, batches, read_pairs, take_step, tokens

LIMIT = 64


class Encoder(nn.Module):
    def __init__(self, body: Bert):
        super().__init__()
        self.body = body

    def forward(self, rows: list[list[int]]) -> torch.Tensor:
        """Unit vectors [batch, width]: the mean over all tokens, as the base has it."""
        ids, mask = padded(rows)
        hidden = self.body(ids, mask).float()
        return F.normalize((hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True), dim=1)


def read(tokenizer, path: Path, limit: int | None = None):
    pairs = read_pairs(path)[:limit]
    cut = lambda ids: [CLS, *ids[: LIMIT - 2], SEP]
    sides = [[cut(ids) for ids in tokens(tokenizer, [p[side] for p in pairs])] for side in ("a", "b")]
    return [(a, b, p["label"]) for a, b, p in zip(*sides, pairs)]


def cosines(model: Encoder, rows) -> numpy.ndarray:
    result = numpy.zeros(len(rows), dtype=numpy.float32)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for batch in batches(rows, 64, None):
            u, v = model([rows[i][0] for i in batch]), model([rows[i][1] for i in batch])
            result[batch] = (u * v).sum(1).numpy()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("base", "data", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--check", type=Path)
    parser.add_argument("--pairs", type=int, default=110_000)
    parser.add_argument("--batch", type=int, default=96)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)
    rng = random.Random(arguments.seed)

    body, tokenizer = base(arguments.base)
    teacher = Encoder(copy.deepcopy(body)).eval()
    model = Encoder(body)
    scale, middle = nn.Parameter(torch.tensor(12.0)), nn.Parameter(torch.tensor(0.8))
    rows = read(tokenizer, arguments.data / "train.jsonl")
    checks = {p.name.split(".jsonl")[0]: read(tokenizer, p, 600) for p in sorted(arguments.check.glob("*.jsonl*"))} if arguments.check else {}
    steps = math.ceil(arguments.pairs / arguments.batch)
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW([{"params": parameters, "lr": 3e-5}, {"params": [scale, middle], "lr": 1e-3}], weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min((step + 1) / 50, max(0.02, (steps - step) / steps)))

    def watch(step: int) -> None:
        save_file({k: v.contiguous() for k, v in model.body.state_dict().items()}, arguments.out)
        told = []
        for name, part in checks.items():
            found = cosines(model, part)
            right = numpy.array([row[2] for row in part]) == 1
            told.append(f"{name}={roc_auc_score(right, found):.3f}/{found[right].mean():.2f}/{found[~right].mean():.2f}")
        print("check", step, " ".join(told), flush=True)

    watch(0)
    step, start, running = 0, time.time(), None
    while step < steps:
        for batch in batches(rows, arguments.batch, rng):
            a, b = [rows[i][0] for i in batch], [rows[i][1] for i in batch]
            label = torch.tensor([float(rows[i][2]) for i in batch])
            with torch.autocast("cpu", torch.bfloat16):
                u, v = model(a), model(b)
                with torch.no_grad():
                    kept = teacher(a)
            all_pairs = u @ v.T
            others = torch.tensor([[x == y for y in b] for x in b]) & ~torch.eye(len(batch), dtype=torch.bool)
            positive = label == 1
            contrast = F.cross_entropy(20 * all_pairs.masked_fill(others, -1)[positive], torch.arange(len(batch))[positive]) if positive.any() else 0
            pairwise = F.binary_cross_entropy_with_logits(scale * (all_pairs.diagonal() - middle), label * 0.96 + 0.02)
            keeping = F.mse_loss(u @ u.T, kept @ kept.T)
            loss = 0.5 * contrast + pairwise + 20 * keeping
            take_step(loss, parameters, optimizer, schedule)
            parts = numpy.array([float(contrast), pairwise.item(), keeping.item()])
            running = parts if running is None else 0.98 * running + 0.02 * parts
            step += 1
            if step % 100 == 0:
                print(f"step {step}/{steps} losses {running.round(4)} {step * arguments.batch / (time.time() - start):.0f} pairs/s", flush=True)
            if step % 400 == 0 or step == steps:
                watch(step)
            if step >= steps:
                break


if __name__ == "__main__":
    main()
