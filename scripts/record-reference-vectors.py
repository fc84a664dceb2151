#!/usr/bin/env python3
"""Records the reference vectors that tests hold the encoder to.

    python3 scripts/record-reference-vectors.py models/all-MiniLM-L6-v2
    python3 scripts/record-reference-vectors.py tests/fixtures/tiny-bert

Writes tests/fixtures/reference-vectors/<folder name>.json. Needs numpy, safetensors and tokenizers.
"""

import json
import sys
from pathlib import Path

from bert_reference import Reference

TEXTS = [
    "",
    "?",
    "hello",
    "What is the capital of France?",
    "How do I cancel my subscription, and will I get a refund for the rest of the month?",
    "def add(a, b):\n    return a + b  # sums two numbers",
    "Wie spät ist es in München? Café, naïve, Ærøskøbing.",
    "北京的天气怎么样?",
    "🙂 emoji and\ttabs\u00a0and   many    spaces",
    "SELECT name, COUNT(*) FROM users WHERE age >= 21 GROUP BY name;",
    "Order 4711 of 2024-03-05 cost $1,299.99 (VAT 19 %).",
    "one two three four five six seven eight nine ten " * 5,
]


def main():
    folder = Path(sys.argv[1])
    reference = Reference(folder)
    rows = []
    for text in TEXTS:
        vector, tokens = reference.embed(text)
        rows.append({"text": text, "tokens": tokens, "vector": [float(f"{value:.7f}") for value in vector]})
    target = Path(__file__).parent.parent / "tests/fixtures/reference-vectors" / f"{folder.name}.json"
    body = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    target.write_text(f"[\n{body}\n]\n")
    print(f"{len(rows)} vectors -> {target}")


if __name__ == "__main__":
    main()
