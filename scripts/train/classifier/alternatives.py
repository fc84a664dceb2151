#!/usr/bin/env python3
"""What else was tried: APGR on each source left out whole, as the table in README.md. Needs scikit-learn for the trees.

    .venv/bin/python scripts/train/classifier/alternatives.py --data DIR --cache FILE
"""

import argparse
from pathlib import Path

import numpy as np

import categories
import data
import inputs
import metrics
import score
from data import TASKS

NEIGHBOURS = 50
CHUNK = 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--encoder", type=Path, default=Path("models/encoder"))
    parser.add_argument("--cache", type=Path)
    options = parser.parse_args()
    rows = data.load(options.data)
    read = inputs.of(rows.texts, options.encoder, options.cache)
    centroids = categories.find(rows, read)
    methods = {**linear(read), **others(read, centroids)}
    print("| method | " + " | ".join(data.PAIRS) + " | mean |")
    print("|---" * (len(data.PAIRS) + 2) + "|")
    for method, scores in methods.items():
        found = []
        for name in data.PAIRS:
            pair = rows.pairs[name]
            keys = np.unique(np.concatenate([p.key for p in rows.pairs.values() if p.family == pair.family]))
            parts = rows.failures_without((pair.family,), keys)
            gaps = [gap_part(p, keys) for n, p in rows.pairs.items() if n not in data.ONLY_MEASURED and p.family != pair.family]
            gaps = [part for part in gaps if len(part.text)]
            values = scores(parts, gaps, pair.text)
            found.append(metrics.apgr(metrics.order_by(values), pair.weak, pair.strong, np.ones(len(values))))
        print(f"| {method} | " + " | ".join(f"{value:.3f}" for value in [*found, np.mean(found)]) + " |", flush=True)


def gap_part(pair, keys):
    """The gap between both models as the target, in place of failures."""
    keep = ~np.isin(pair.key, keys)
    return data.Failures(pair.family, pair.text[keep], pair.key[keep], pair.fold[keep], pair.gap[keep])


def linear(read):
    def columns(*blocks):
        return lambda text: np.hstack([block[text] for block in blocks])

    def regression(space, penalty, of_gaps):
        return lambda parts, gaps, text: space(text) @ score.ridge(space, gaps if of_gaps else parts, penalty)

    def shipped(with_meaning=True, judged=True, by_hand=None):
        def scores(parts, _, text):
            before = score.BY_HAND
            score.BY_HAND = by_hand or before
            tasks = next((part for part in parts if part.family == TASKS), None) if judged else None
            model = score.fit(read, parts, tasks, with_meaning)
            score.BY_HAND = before
            return model.of(read, text)

        return scores

    words = read.names.index("log_words")
    size = {"log_words": 1.0, "log_sentences": 0.5}
    return {
        "length alone": lambda parts, gaps, text: read.features[text, words],
        "features, ridge on the gap": regression(columns(read.features), 0.3, True),
        "features, ridge on failures": regression(columns(read.features), 0.3, False),
        "final vector, ridge on the gap": regression(columns(read.final), 30.0, True),
        "final vector, ridge on failures": regression(columns(read.final), 30.0, False),
        "inner vector, ridge on failures": regression(columns(read.task), 30.0, False),
        "final vector and features, ridge on the gap": regression(columns(read.final, read.features), 3.0, True),
        "size by hand": shipped(False, False, size),
        "size by hand, judged tasks": shipped(False, True, size),
        "size by hand, final vector": shipped(True, False, size),
        "size by hand, judged tasks, final vector": shipped(True, True, size),
        "shipped `text_only`": shipped(False),
        "shipped `full`": shipped(),
    }


def others(read, centroids):
    def trees(_, gaps, text):
        from sklearn.ensemble import HistGradientBoostingRegressor

        x, y, weight = stacked(read.features, gaps)
        model = HistGradientBoostingRegressor(
            max_iter=150, learning_rate=0.05, max_leaf_nodes=12, min_samples_leaf=100, l2_regularization=10, random_state=0
        )
        return model.fit(x, y, sample_weight=weight).predict(read.features[text])

    def neighbours(_, gaps, text):
        x, y, _ = stacked(read.final, gaps)
        found = np.empty(len(text))
        for start in range(0, len(text), CHUNK):
            near = read.final[text[start : start + CHUNK]] @ x.T
            best = np.argpartition(-near, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
            found[start : start + CHUNK] = y[best].mean(1)
        return found

    def by_category(_, gaps, text):
        x, y, weight = stacked(read.final, gaps)
        nearest = (x @ centroids.T).argmax(1)
        count = np.bincount(nearest, weight, len(centroids))
        mean = np.bincount(nearest, weight * y, len(centroids)) / (count + 1e-3)
        return mean[(read.final[text] @ centroids.T).argmax(1)]

    return {
        "features, boosted trees on the gap": trees,
        f"gap of {NEIGHBOURS} nearest questions": neighbours,
        "mean gap of the task category": by_category,
    }


def stacked(values, parts):
    """Inputs, standardised target and balanced weight of several parts."""
    x = values[np.concatenate([part.text for part in parts])]
    y = np.concatenate([(part.failure - part.failure.mean()) / (part.failure.std() + 1e-9) for part in parts])
    return x, y, np.concatenate([np.full(len(part.text), 1 / len(part.text)) for part in parts])


if __name__ == "__main__":
    main()
