"""The routing data and our own tasks, as arrays over one list of texts; each question once a file, split by question.

A routing file is gzip'd JSON lines with `category`, `prompt`, `weak_score`, `strong_score` (scores in [0, 1]) and `dup_key`:
rows with an equal key ask the same question, in whatever file they are. A file in `wide/` has `scores` instead: model ->
score. `tasks.jsonl` has `prompt`, `kind` and `hard`: P(a cheap model's answer would not do), by judgement.
"""

import gzip
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# Pairs of models, and the family of each file: what is left out together when a source is left out.
PAIRS = {
    "routellm_mmlu": "mmlu",
    "routellm_gsm8k": "gsm8k",
    "mmlu_pro_llama8b_gemini15pro": "mmlu_pro",
    "mmlu_pro_flash_pro": "mmlu_pro",
    "llmrouter_uiuc": "uiuc",
    "routerdc_gen": "routerdc",
    "routerbench_subset": "routerbench",
}
# Without a licence file: they measure, and no weight is fitted to them.
ONLY_MEASURED = ("routerdc_gen", "routerbench_subset")
WIDE = {"mmlu_pro": "mmlu_pro", "llmrouter_uiuc": "uiuc"}
TASKS = "tasks"
TASKS_FILE = Path(__file__).parent / "tasks.jsonl"
FOLDS = 5


@dataclass
class Pair:
    """Outcomes of a weak and a strong model. All arrays are `[rows]`; `text` points into `Data.texts`."""

    family: str
    text: np.ndarray
    key: np.ndarray
    fold: np.ndarray
    category: np.ndarray
    weak: np.ndarray
    strong: np.ndarray

    @property
    def gap(self):
        return self.strong - self.weak

    @property
    def label(self):
        """What a cheap answer costs in score: 0 or 1 for exams, a fraction for graded tasks."""
        return np.clip(self.gap, 0, 1)


@dataclass
class Failures:
    """How often models fail at each question, in [0, 1]: the target that meaning is fitted to."""

    family: str
    text: np.ndarray
    key: np.ndarray
    fold: np.ndarray
    failure: np.ndarray

    def where(self, keep):
        return Failures(self.family, self.text[keep], self.key[keep], self.fold[keep], self.failure[keep])


@dataclass
class Data:
    texts: list
    pairs: dict
    failures: list

    def failures_without(self, families=(), keys=(), fold=None):
        """What may be trained on: without some families, without some questions, without one fold."""
        found = []
        for part in self.failures:
            keep = (part.fold != fold) & ~np.isin(part.key, keys)
            if part.family not in families and keep.sum() >= SMALLEST_PART:
                found.append(part.where(keep))
        return found


SMALLEST_PART = 200  # rows; what is left of a file after a removal of questions may be too little to tell anything


def fold_of(key):
    """Depends on the key alone: the same split on every machine."""
    digest = hashlib.blake2b(str(key).encode(), digest_size=8, salt=b"fold").digest()
    return int.from_bytes(digest, "big") * FOLDS >> 64


def load(folder):
    folder = Path(folder)
    at, numbers = {}, {}
    pairs, failures = {}, []

    def columns(rows):
        text = np.array([at.setdefault(row["prompt"], len(at)) for row in rows])
        key = np.array([numbers.setdefault(row["dup_key"], len(numbers)) for row in rows])
        return text, key, np.array([fold_of(row["dup_key"]) for row in rows])

    for name, family in PAIRS.items():
        rows = once(folder / f"{name}.jsonl.gz")
        weak, strong = (np.array([row[f"{side}_score"] for row in rows], float) for side in ("weak", "strong"))
        category = np.array([row["category"] for row in rows])
        pairs[name] = Pair(family, *columns(rows), category, weak, strong)
        if name not in ONLY_MEASURED and family not in WIDE.values():
            failures.append(Failures(family, *columns(rows), 1 - weak))
    for name, family in WIDE.items():
        rows = once(folder / "wide" / f"{name}.jsonl.gz")
        models = sorted({model for row in rows for model in row["scores"]})
        scores = np.array([[row["scores"].get(model, np.nan) for model in models] for row in rows], float)
        scores = np.where(np.isnan(scores), np.nanmean(scores), scores)
        failures.append(Failures(family, *columns(rows), 1 - scores.mean(1)))

    rows = [json.loads(line) for line in TASKS_FILE.read_text().splitlines()]
    for row in rows:
        row["dup_key"] = row["kind"]  # a kind is in one fold, as tasks of a kind are alike
    hard = np.array([row["hard"] for row in rows])
    kinds = np.array([row["kind"] for row in rows])
    pairs[TASKS] = Pair(TASKS, *columns(rows), kinds, 1 - hard, np.ones(len(rows)))
    failures.append(Failures(TASKS, *columns(rows), hard))
    return Data(list(at), pairs, failures)


def once(path):
    by_key = {}
    with gzip.open(path, "rt") as lines:
        for line in lines:
            row = json.loads(line)
            by_key.setdefault(row["dup_key"], row)
    return list(by_key.values())


def trained():
    """Names of the pairs that weights are fitted to, and the weight of each file: a family counts as one."""
    names = [name for name in [*PAIRS, TASKS] if name not in ONLY_MEASURED]
    families = [PAIRS.get(name, TASKS) for name in names]
    return {name: 1 / families.count(family) for name, family in zip(names, families)}
