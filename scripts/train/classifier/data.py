"""The routing data: one row per (source, question), sampled evenly over the sources, split by question.

A file is gzip'd JSON lines with `source`, `category`, `prompt`, `weak_score`, `strong_score` (scores in [0, 1]) and
`dup_key`: rows with an equal key ask the same question, in whatever file they are.
"""

import gzip
import hashlib
import json
from pathlib import Path

# Licensed Apache-2.0 or MIT: what the shipped weights may learn from.
SOURCES = {
    "routellm_mmlu": 5000,
    "routellm_gsm8k": 1319,
    "mmlu_pro_llama8b_gemini15pro": 5000,
    "mmlu_pro_flash_pro": 5000,
    "llmrouter_uiuc": 5816,
}
FOLDS = 5


def fraction(text, salt):
    """A number in [0, 1) that depends on the text alone: the same sample and the same split on every machine."""
    digest = hashlib.blake2b(text.encode(), digest_size=8, salt=salt).digest()
    return int.from_bytes(digest, "big") / 2**64


def load(folder):
    """Rows of all sources: at most `SOURCES[name]` questions a file, each once, chosen by the hash of their key."""
    rows = []
    for source, wanted in SOURCES.items():
        by_key = {}
        with gzip.open(Path(folder) / f"{source}.jsonl.gz", "rt") as lines:
            for line in lines:
                row = json.loads(line)
                by_key.setdefault(row["dup_key"], row)
        chosen = sorted(by_key, key=lambda key: fraction(key, b"sample"))[:wanted]
        for key in chosen:
            row = by_key[key]
            row["source"] = source
            row["fold"] = int(fraction(key, b"fold") * FOLDS)
            rows.append(row)
    return rows
