"""Builds the pairs that the models learn from, with a part held out for calibration.

    data.py --pairs DIR --routing DIR --intents DIR --wordnet DIR --out DIR [--sources open|all] [--without KIND,…]

Natural pairs come from DIR/*.train.jsonl.gz; pairs by rule from `edits.py`; pairs by hand from the intents. `open` takes
the openly licensed sources alone. `--without` leaves kinds of near misses out, with all that makes them.
"""

import argparse
import gzip
import hashlib
import json
import random
import re
from pathlib import Path

from edits import Edits
from lists import VALUES
from wordnet import WordNet

OPEN = ["disflqa", "text2sql-advising", "banking77", "clinc150"]
CLOSED = ["qqp", "snips-slots", "bitext", "mrpc", "situatedqa-temp"] + [f"text2sql-{name}" for name in ("geography", "restaurants", "scholar", "academic", "imdb", "yelp")]
# Intents are no answers: of these, only what differs is certain.
NEGATIVE_ONLY = {"banking77", "clinc150", "situatedqa-temp"}
ROWS = {"clinc150": 5000, "qqp": 56000, "snips-slots": 6000, "bitext": 6000}
BY_RULE = {"near": 44_000, "same": 36_000}
# Kinds by hand that a rule's kind stands for, when it is left out.
HAND_KINDS = {
    "order": {"direction"}, "unit": {"unit"}, "output_format": {"format"}, "negation": {"negation"}, "number": {"number", "quantity", "version"}, "date": {"date", "before_after", "tense"},
    "antonym": {"antonym", "comparative", "before_after"}, "entity": {"entity", "language"}, "scope": {"scope"}, "wh": {"wh", "attribute", "procedure_vs_definition"}, "constraint": {"constraint_added", "constraint_dropped"},
}
HELD_OUT = 0.1


def read(path: Path) -> list[dict]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def is_held_out(text: str) -> bool:
    return hashlib.sha256(text.lower().encode()).digest()[0] < 256 * HELD_OUT


def natural(folder: Path, source: str, rng: random.Random) -> list[dict]:
    rows = read(folder / f"{source}.train.jsonl.gz")
    if source in NEGATIVE_ONLY:
        rows = [row for row in rows if row["label"] == 0]
    rng.shuffle(rows)
    return [{"a": r["a"], "b": r["b"], "label": r["label"], "source": source, "kind": r.get("kind", "")} for r in rows[: ROWS.get(source)]]


class Intents:
    """Questions put by hand: each in several phrasings, with the near misses of it."""

    def __init__(self, folder: Path):
        self.intents = [json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.open(encoding="utf-8")]

    def filling(self, intent: dict, rng: random.Random) -> dict[str, str]:
        filling = {}
        for slot, values in intent.get("slots", {}).items():
            options = [v for v in self.values(values) if v not in filling.values()]
            filling[slot] = rng.choice(options)
        return filling

    def values(self, values) -> list[str]:
        if isinstance(values, list):
            return [str(v) for v in values]
        numbers = {"number": [str(n) for n in (2, 3, 4, 5, 7, 8, 10, 12, 15, 20, 24, 30, 37, 40, 50, 60, 75, 90, 100, 120, 250, 365, 500, 1000)], "year": [str(y) for y in range(1960, 2027)]}
        return numbers.get(values) or VALUES[values]

    def fill(self, text: str, filling: dict[str, str]) -> str:
        return re.sub(r"\{(\w+)\}", lambda m: filling.get(m.group(1), m.group()), text)

    def pairs(self, edits: Edits, rng: random.Random, without: set[str]) -> list[dict]:
        pairs = []
        by_domain: dict[str, list[dict]] = {}
        for intent in self.intents:
            by_domain.setdefault(intent["domain"], []).append(intent)
        for intent in self.intents:
            held_out = is_held_out(intent["same"][0])

            def add(a, b, label, kind):
                if a.strip() != b.strip():
                    if rng.random() < 0.5:
                        a, b = b, a
                    pairs.append({"a": a, "b": b, "label": label, "source": "intents", "kind": kind, "held_out": held_out})

            near = [n for n in intent["near"] if n["kind"] not in without]
            for _ in range(40):
                filling = self.filling(intent, rng)
                one, two = (self.fill(text, filling) for text in rng.sample(intent["same"], 2))
                if rng.random() < 0.25 and (rewritten := edits.rewrite(two, rng)):
                    two = rewritten[1]
                add(one, two, 1, "paraphrase")
            for _ in range(36 if near else 0):
                filling = self.filling(intent, rng)
                miss = rng.choice(near)
                one, two = self.fill(rng.choice(intent["same"]), filling), self.fill(miss["text"], filling)
                if rng.random() < 0.25 and (rewritten := edits.rewrite(two, rng)):
                    two = rewritten[1]
                add(one, two, 0, miss["kind"])
            for _ in range(16 if intent.get("slots") else 0):
                filling = self.filling(intent, rng)
                slot = rng.choice(list(filling))
                other = rng.choice(self.values(intent["slots"][slot]))
                if other.lower() == filling[slot].lower():
                    continue
                changed = {**filling, slot: other}
                texts = rng.sample(intent["same"], 2) if rng.random() < 0.5 else [rng.choice(intent["same"])] * 2
                add(self.fill(texts[0], filling), self.fill(texts[1], changed), 0, "slot")
            for _ in range(4):
                other = rng.choice(by_domain[intent["domain"]] if rng.random() < 0.7 else self.intents)
                if other is not intent:
                    filling = self.filling(intent, rng)
                    add(self.fill(rng.choice(intent["same"]), filling), self.fill(rng.choice(other["same"]), self.filling(other, rng)), 0, "other_intent")
        return pairs

    def texts(self, rng: random.Random) -> list[str]:
        return [self.fill(text, self.filling(intent, rng)) for intent in self.intents for text in intent["same"]]


def stems(folder: Path) -> list[str]:
    """Short questions from the exams."""
    found = []
    for name in ("routellm_mmlu", "routellm_gsm8k"):
        for row in read(folder / f"{name}.jsonl.gz"):
            text = row["prompt"].split("\n")[0].strip()
            if 15 < len(text) < 160:
                found.append(text)
    return found


def by_rule(edits: Edits, pool: list[str], rng: random.Random, without: set[str]) -> list[dict]:
    pairs = []
    for label, count in ((0, BY_RULE["near"]), (1, BY_RULE["same"])):
        made = 0
        while made < count:
            text = rng.choice(pool)
            found = edits.near_miss(text, rng, without) if label == 0 else edits.same(text, rng)
            if found:
                kind, (a, b) = found
                pairs.append({"a": a, "b": b, "label": label, "source": "rule", "kind": kind, "held_out": is_held_out(text)})
                made += 1
    return pairs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("pairs", "routing", "intents", "wordnet", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--sources", choices=("open", "all"), default="open")
    parser.add_argument("--without", default="")
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    without = set(filter(None, arguments.without.split(",")))
    without |= {hand for kind in list(without) for hand in HAND_KINDS.get(kind, ())}

    rows = [row for source in OPEN + (CLOSED if arguments.sources == "all" else []) for row in natural(arguments.pairs, source, rng)]
    intents = Intents(arguments.intents)
    pool = sorted({row["a"] for row in rows if len(row["a"]) < 300} | set(intents.texts(rng)) | set(stems(arguments.routing)))
    edits = Edits(WordNet(arguments.wordnet), pool)
    for row in rows:
        row["held_out"] = is_held_out(row["a"])
    rows += intents.pairs(edits, rng, without) + by_rule(edits, pool, rng, without)
    rng.shuffle(rows)

    arguments.out.mkdir(parents=True, exist_ok=True)
    counts: dict[tuple, int] = {}
    with (arguments.out / "train.jsonl").open("w") as train, (arguments.out / "heldout.jsonl").open("w") as heldout:
        for row in rows:
            part = row.pop("held_out")
            (heldout if part else train).write(json.dumps(row, ensure_ascii=False) + "\n")
            key = ("heldout" if part else "train", row["source"], row["label"])
            counts[key] = counts.get(key, 0) + 1
    for key, count in sorted(counts.items()):
        print(*key, count)


if __name__ == "__main__":
    main()
