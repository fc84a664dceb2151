"""Trains the verifier: P(one answer serves both) from two questions read together.

    verifier.py --base DIR --data DIR --out FILE [--pairs N] [--threads N] [--check DIR]

The body is all-MiniLM-L6-v2 with its embeddings as they are; the joint input is `[CLS] a [SEP] b [SEP]`. The head starts
as a cosine scorer of the two halves and adds one thing: each token may say "here is a difference", and one such token is
enough.
"""

import argparse
import gzip
import json
import math
import random
import time
from pathlib import Path

import numpy
import torch
from safetensors.torch import load_file, save_file
from sklearn.metrics import roc_auc_score
from torch import nn
from torch.nn import functional as F

from bert import Bert, base, padded

CLS, SEP = 101, 102
LIMIT = 96
# A shared beginning is cut down to this many tokens when the texts are too long.
KEPT_PREFIX = 4


def joint(a: list[int], b: list[int], limit: int = LIMIT) -> tuple[list[int], int]:
    """Token ids of both questions and where the second one starts."""
    half = (limit - 3) // 2
    longest = max(len(a), len(b))
    if longest > half:
        shared = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
        cut = max(0, min(shared - KEPT_PREFIX, longest - half))
        a, b = a[cut:], b[cut:]
    a, b = a[:half], b[:half]
    return [CLS, *a, SEP, *b, SEP], len(a) + 2


class Verifier(nn.Module):
    def __init__(self, body: Bert, width: int = 384):
        super().__init__()
        self.body = body
        self.features = nn.Linear(2 * width, 1)
        self.difference = nn.Linear(width, 1)
        self.scale = nn.Parameter(torch.tensor(8.0))
        nn.init.zeros_(self.features.weight)
        nn.init.constant_(self.features.bias, -6.5)
        nn.init.zeros_(self.difference.weight)
        nn.init.constant_(self.difference.bias, -5.0)

    def forward(self, ids, mask, second):
        """Logits [batch]. `second`: where the second question starts."""
        hidden = self.body(ids, mask).float()
        at = torch.arange(ids.shape[1])[None, :]
        words = mask & (ids != CLS) & (ids != SEP)
        left, right = words & (at < second[:, None]), words & (at >= second[:, None])
        mean = lambda part: (hidden * part[..., None]).sum(1) / part.sum(1, keepdim=True).clamp(min=1)
        u, v = mean(left), mean(right)
        similar = 8 * F.linear(torch.cat([(u - v).abs(), u * v], 1), self.features.weight)[:, 0] + self.scale * F.cosine_similarity(u, v) + self.features.bias
        different = (self.difference(hidden)[..., 0]).masked_fill(~words, -1e4).logsumexp(1)
        return similar - F.softplus(different)


def tokens(tokenizer, texts: list[str]) -> list[list[int]]:
    return [e.ids for e in tokenizer.encode_batch(texts, add_special_tokens=False)]


def rows_of(tokenizer, pairs: list[dict], limit: int = LIMIT):
    a, b = tokens(tokenizer, [p["a"] for p in pairs]), tokens(tokenizer, [p["b"] for p in pairs])
    return [(*joint(x, y, limit), p["label"], p["source"]) for x, y, p in zip(a, b, pairs)]


def batches(rows, size: int, rng: random.Random | None):
    """Rows of like length together; in random order when there is a generator."""
    order = list(range(len(rows)))
    if rng:
        rng.shuffle(order)
    chunk = size * 50 if rng else len(rows)
    found = []
    for start in range(0, len(order), chunk):
        part = sorted(order[start : start + chunk], key=lambda i: len(rows[i][0]))
        found += [part[at : at + size] for at in range(0, len(part), size)]
    if rng:
        rng.shuffle(found)
    return found


def scores(model: Verifier, rows, size: int = 64) -> numpy.ndarray:
    model.eval()
    result = numpy.zeros(len(rows), dtype=numpy.float32)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for batch in batches(rows, size, None):
            ids, mask = padded([rows[i][0] for i in batch])
            result[batch] = model(ids, mask, torch.tensor([rows[i][1] for i in batch])).float().numpy()
    model.train()
    return result


def read_pairs(path: Path) -> list[dict]:
    """Labelled pairs, in an order that is always the same."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        pairs = [json.loads(line) for line in lines]
    random.Random(1).shuffle(pairs)
    return pairs


def take_step(loss: torch.Tensor, parameters, optimizer, schedule) -> None:
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step()
    schedule.step()


SOFT = {"qqp": 0.08, "mrpc": 0.08, "rule": 0.02, "banking77": 0.03, "clinc150": 0.03}


def train(model: Verifier, rows, steps: int, size: int, rng: random.Random, watch) -> None:
    head = [p for name, p in model.named_parameters() if not name.startswith("body.")]
    body = [p for p in model.body.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW([{"params": body, "lr": 1e-4}, {"params": head, "lr": 1e-3}], weight_decay=0.01)
    warm = max(1, steps // 25)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min((step + 1) / warm, max(0.02, (steps - step) / (steps - warm))))
    step, start, running = 0, time.time(), 0.0
    while step < steps:
        for batch in batches(rows, size, rng):
            ids, mask = padded([rows[i][0] for i in batch])
            second = torch.tensor([rows[i][1] for i in batch])
            target = torch.tensor([abs(rows[i][2] - SOFT.get(rows[i][3], 0.01)) for i in batch])
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(ids, mask, second)
            loss = F.binary_cross_entropy_with_logits(logits.float(), target)
            take_step(loss, model.parameters(), optimizer, schedule)
            running = 0.98 * running + 0.02 * loss.item() if step else loss.item()
            step += 1
            if step % 100 == 0:
                print(f"step {step}/{steps} loss {running:.4f} {step * size / (time.time() - start):.0f} pairs/s", flush=True)
            if step % 500 == 0 or step == steps:
                watch(step)
            if step >= steps:
                break


def check_sets(tokenizer, folder: Path, limit: int):
    sets = {}
    for path in sorted(folder.glob("*.jsonl*")):
        pairs = read_pairs(path)
        for pair in pairs:
            pair.setdefault("source", path.name)
        sets[path.name.split(".jsonl")[0]] = rows_of(tokenizer, pairs[:limit])
    return sets


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("base", "data", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="trained weights to go on from")
    parser.add_argument("--check", type=Path, help="folder of labelled pairs to watch the ranking on")
    parser.add_argument("--pairs", type=int, default=280_000, help="how many pairs to train on, repeats counted")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(arguments.threads)

    body, tokenizer = base(arguments.base)
    model = Verifier(body)
    if arguments.start:
        model.load_state_dict(load_file(arguments.start))
    pairs = [json.loads(line) for line in (arguments.data / "train.jsonl").open()]
    rows = rows_of(tokenizer, pairs)
    checks = check_sets(tokenizer, arguments.check, 600) if arguments.check else {}

    def watch(step: int) -> None:
        save_file({k: v.contiguous() for k, v in model.state_dict().items()}, arguments.out)
        told = {name: roc_auc_score([r[2] for r in part], scores(model, part)) for name, part in checks.items()}
        print("check", step, " ".join(f"{name}={auc:.3f}" for name, auc in told.items()), flush=True)

    print(len(rows), "pairs, mean length", numpy.mean([len(r[0]) for r in rows]), flush=True)
    watch(0)
    train(model, rows, math.ceil(arguments.pairs / arguments.batch), arguments.batch, random.Random(arguments.seed), watch)


if __name__ == "__main__":
    main()
