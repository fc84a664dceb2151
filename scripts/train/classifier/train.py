#!/usr/bin/env python3
"""Trains the complexity classifier, measures it honestly and writes weights, card, drawings and the fixture of the Rust test.

    python3 -m venv .venv && .venv/bin/pip install -r scripts/train/classifier/requirements.txt
    .venv/bin/python scripts/train/classifier/train.py --data DIR [--cache FILE]

Run it from the repository's root: the text features come from `cargo run --example classifier_features`. README.md beside this
file says what is in DIR, and models/complexity/README.md what comes out.
"""

import argparse
import json
from pathlib import Path

import numpy as np

import card
import categories
import data
import encoder
import figures
import fixture
import indistribution
import inputs
import metrics
from data import TASKS
from measure import Exams, Head, short

POOLED = "all, balanced"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the routing files, with `wide/`")
    parser.add_argument("--encoder", type=Path, default=Path("models/encoder"))
    parser.add_argument("--cache", type=Path, help="file (.npz) that keeps the vectors for the next run")
    parser.add_argument("--out", type=Path, default=Path("models/complexity"))
    parser.add_argument("--fixture", type=Path, default=Path("tests/fixtures/classifier.json"))
    options = parser.parse_args()

    rows = data.load(options.data)
    read = inputs.of(rows.texts, options.encoder, options.cache)
    exams = Exams(rows)
    held_out, left_out, curves, trained = {}, {}, {}, {}
    for name, with_meaning in (("full", True), ("text_only", False)):
        head = Head(rows, read, with_meaning)
        held_out[name], calibration = head.held_out()
        left_out[name] = head.left_out()
        known, unknown = exams.of(held_out[name]), exams.of(left_out[name])
        cuts = exams.cuts(known)
        curves[name] = {
            "held-out questions": exams.curve(cuts, [known]),
            "sources left out": exams.curve(cuts, [unknown]),
            "shipped: the worse of both": exams.curve(cuts, [known, unknown]),
        }
        score = head.fit()
        trained[name] = weights_of(score, calibration, curves[name]["shipped: the worse of both"], with_meaning, rows, read)

    centroids = categories.find(rows, read)
    loss = categories.losses(rows, read, centroids)
    weights = {
        "format": 2,
        "description": "P(the cheap tier's answer is not good enough), and what kind of task it is; see README.md",
        "embedding_model": encoder.NAME,
        "embedding_dim": encoder.WIDTH,
        "clip": inputs.CLIP,
        "features": [
            {"name": name, "mean": short(mean), "scale": short(scale)}
            for name, mean, scale in zip(read.names, score.mean, score.scale)
        ],
        **trained,
        "categories": [
            {"name": name, "loss": round(float(l), 4), "centroid": [round(float(v), 4) for v in centroid]}
            for name, l, centroid in zip(categories.KINDS, loss, centroids)
        ],
    }
    (options.out / "weights.json").write_text(json.dumps(weights, separators=(",", ":")) + "\n")
    fixture.write(options.fixture, weights, options.encoder)
    report(options.out, rows, read, exams, held_out, left_out, curves, list(categories.table(rows, read, centroids, loss)))


def weights_of(score, calibration, curve, with_meaning, rows, read):
    """A head of the file: calibration goes into bias and coefficients."""
    slope, offset = calibration
    vector = [short(v) for v in score.vector * slope] if with_meaning else []
    centre = 0.0
    if with_meaning:
        text = rows.pairs
        centre = np.mean([(read.final[text[name].text] @ np.array(vector)).mean() for name in data.trained()])
    # The vector's share is counted from its mean, so that it is 0 for the average text.
    return {
        "bias": short(offset + centre),
        "features": [short(v) for v in score.features * slope],
        "embedding": vector,
        "embedding_centre": short(centre),
        "curve": curve,
    }


def evaluate(rows, read, exams, held_out, left_out):
    """`{method: {source: {measure: (value, low, high)}}}`."""
    results = {}

    def add(method, by_source, calibrated):
        found = results.setdefault(method, {})
        for name in rows.pairs:
            if name in by_source:
                pair, values = rows.pairs[name], by_source[name]
                outcome = (pair.label, pair.weak, pair.strong, np.ones(len(values)), pair.key)
                found[name] = metrics.figures(values, values if calibrated else None, *outcome)
        values = exams.of(by_source)
        outcome = (exams.label, exams.weak, exams.strong, exams.weight, exams.key)
        found[POOLED] = metrics.figures(values, values if calibrated else None, *outcome)

    for name in held_out:
        add(f"{name}, held-out questions", held_out[name], True)
        add(f"{name}, source left out", left_out[name], True)
    words = read.features[:, read.names.index("log_words")]
    add("length only", {name: words[pair.text] for name, pair in rows.pairs.items()}, False)
    add("category mean, in sample", {name: category_mean(pair) for name, pair in rows.pairs.items()}, False)
    random = np.random.default_rng(7)
    add("random", {name: random.random(len(pair.text)) for name, pair in rows.pairs.items()}, False)
    return results


def category_mean(pair):
    _, index = np.unique(pair.category, return_inverse=True)
    return (np.bincount(index, pair.gap) / np.bincount(index))[index]


def report(folder, rows, read, exams, held_out, left_out, curves, found):
    results = evaluate(rows, read, exams, held_out, left_out)
    tasks = rows.pairs[TASKS]
    reliability = {
        "held-out questions": metrics.reliability(exams.of(held_out["full"]), exams.label, exams.weight),
        "sources left out": metrics.reliability(exams.of(left_out["full"]), exams.label, exams.weight),
        "our tasks, kinds held out": metrics.reliability(held_out["full"][TASKS], tasks.label, np.ones(len(tasks.text))),
    }
    inside = {method: {name: {"apgr": f} for name, f in by.items()} for method, by in indistribution.measure(rows, read).items()}
    inside["category mean, in sample"] = results["category mean, in sample"]
    interval = "95 % bootstrap intervals over questions"
    sources = [[name, len(p.text), f"{p.label.mean():.3f}", f"{p.weak.mean():.3f}", f"{p.strong.mean():.3f}"] for name, p in rows.pairs.items()]
    card.write(
        folder / "README.md",
        [
            card.measures(f"**APGR**, {interval}", results, "apgr"),
            card.measures(f"**AUC**, {interval}", results, "auc"),
            card.measures(f"**ECE**, 15 bins, {interval}", results, "ece"),
            card.measures(f"**In distribution**: APGR of classifiers that learn on the source itself, {interval}", inside, "apgr"),
            card.reliability("**Reliability** of `full`, 15 bins, empty ones left out", reliability),
            card.costs("**What an aimed quality costs**: share of requests sent to the frontier, exams balanced", curves),
            card.table("**Categories**", ["category", "mean loss", "public prompts", "own tasks", "most frequent kinds of own tasks"], ([n, f"{l:.2f}", *rest] for n, l, *rest in found)),
            card.table("**Rows**: questions, mean of the label, mean scores", ["source", "rows", "label", "weak", "strong"], sources),
        ],
    )
    figures.reliability(folder / "figures" / "reliability.svg", reliability)
    shipped = {f"{name}, {label}": curve for name, by in curves.items() for label, curve in by.items() if label != "shipped: the worse of both"}
    figures.quality(folder / "figures" / "quality.svg", dict(list(shipped.items())[:3]))


if __name__ == "__main__":
    main()
