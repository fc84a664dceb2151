#!/usr/bin/env python3
"""Trains the complexity classifier, measures it honestly and writes weights, figures and the fixture of the Rust test.

    python3 -m venv .venv && .venv/bin/pip install -r scripts/train/classifier/requirements.txt
    .venv/bin/python scripts/train/classifier/train.py --data DIR --model DIR [--cache FILE]

Run it from the repository's root: the text features come from `cargo run --example classifier_features`.
`--data` holds the files named in data.py, `--model` the files of all-MiniLM-L6-v2; models/complexity/README.md describes both.
"""

import argparse
import json
import subprocess
from pathlib import Path

import numpy as np
from scipy.special import expit

import card
import data
import fixture
import logistic
import metrics
from minilm import embed_cached

EMBEDDING_MODEL = "all-MiniLM-L6-v2"
CLIP = 4.0  # standard deviations
# Strength of the pull towards 0, one for features and one for embedding: a compromise between held-out questions, where
# most values do alike, and sources left out whole, where weak ones do worse.
FULL_PENALTY = (0.1, 0.1)
TEXT_ONLY_PENALTY = 0.3
# Brings an embedding's numbers, about 1/sqrt(384) each, to the features' size.
EMBEDDING_SCALE = np.sqrt(384)
# Two pairs of models answered the same questions: together they count as much as another source.
SOURCE_WEIGHT = {"mmlu_pro_llama8b_gemini15pro": 0.5, "mmlu_pro_flash_pro": 0.5}
CURVE_STEPS = 100
QUALITY_PERCENTILE = 5  # one-sided lower 95 % bound


class Table:
    """All rows as arrays."""

    def __init__(self, rows, features, embeddings):
        column = lambda name: np.array([row[name] for row in rows])
        self.source, self.key, self.fold = column("source"), column("dup_key"), column("fold")
        self.weak, self.strong = column("weak_score"), column("strong_score")
        # What a cheap answer costs in score: 0 or 1 for exams, a fraction for graded tasks.
        self.label = np.clip(self.strong - self.weak, 0, 1)
        self.features = np.array([features[row["prompt"]] for row in rows])
        vectors = [embeddings[row["prompt"]] for row in rows]
        self.embedded = np.array([vector is not None for vector in vectors])
        self.vectors = np.array([np.zeros(384) if vector is None else vector for vector in vectors])
        self.weight = np.zeros(len(rows))
        for source in data.SOURCES:
            mine = self.source == source
            self.weight[mine] = SOURCE_WEIGHT.get(source, 1.0) / mine.sum()
        self.weight *= len(rows) / self.weight.sum()

        self.mean = np.average(self.features, axis=0, weights=self.weight)
        deviation = np.sqrt(np.average((self.features - self.mean) ** 2, axis=0, weights=self.weight))
        self.constant = deviation < 1e-9
        self.scale = np.where(self.constant, 1.0, deviation)
        self.centre = np.average(self.vectors[self.embedded], axis=0, weights=self.weight[self.embedded])


class Head:
    """One set of inputs: with the embedding or without."""

    def __init__(self, table, with_embedding):
        self.table, self.with_embedding = table, with_embedding
        self.rows = table.embedded if with_embedding else np.ones(len(table.label), bool)
        self.inputs = np.clip((table.features - table.mean) / table.scale, -CLIP, CLIP)
        count = self.inputs.shape[1]
        self.penalty = np.full(count, TEXT_ONLY_PENALTY)
        if with_embedding:
            self.inputs = np.hstack([self.inputs, (table.vectors - table.centre) * EMBEDDING_SCALE])
            self.penalty = np.repeat(FULL_PENALTY, (count, table.vectors.shape[1]))

    def fit(self, rows):
        t = self.table
        return logistic.fit(self.inputs[rows], t.label[rows], t.weight[rows], t.source[rows], self.penalty)

    def out_of_fold(self, rows):
        """Raw logits from models that did not see the row's question; 0 outside `rows`."""
        logit = np.zeros(len(rows))
        for fold in range(data.FOLDS):
            test = rows & (self.table.fold == fold)
            logit[test] = self.inputs[test] @ self.fit(rows & (self.table.fold != fold))
        return logit

    def platt(self, logit, rows):
        return logistic.platt(logit[rows], self.table.label[rows], self.table.weight[rows])

    def held_out(self):
        """Probabilities for every row from models and calibrations that did not see its question."""
        logit = self.out_of_fold(self.rows)
        probability = np.full(len(logit), np.nan)
        for fold in range(data.FOLDS):
            test = self.rows & (self.table.fold == fold)
            slope, offset = self.platt(logit, self.rows & (self.table.fold != fold))
            probability[test] = expit(slope * logit[test] + offset)
        return probability, self.platt(logit, self.rows)

    def left_out(self):
        """Probabilities for every row from a model that saw no row of its source and no question of it elsewhere."""
        t = self.table
        probability = np.full(len(t.label), np.nan)
        for source in data.SOURCES:
            test = self.rows & (t.source == source)
            train = self.rows & (t.source != source) & ~np.isin(t.key, t.key[t.source == source])
            if source in SOURCE_WEIGHT:
                train &= ~np.isin(t.source, list(SOURCE_WEIGHT))
            slope, offset = self.platt(self.out_of_fold(train), train)
            probability[test] = expit(slope * (self.inputs[test] @ self.fit(train)) + offset)
        return probability

    def curve(self, cuts, probabilities):
        """Points at thresholds `cuts`: share sent to the frontier and quality kept for the first of `probabilities`, and
        the lowest of all their lower bounds of quality, made to fall with the threshold."""
        measured = [self.measure(cuts, probability) for probability in probabilities]
        quality, frontier, _ = measured[0]
        low = np.minimum.accumulate(np.min([bound for _, _, bound in measured], axis=0))
        return [
            {"threshold": float(c), "frontier_share": short(f), "quality_low": short(l), "quality": short(q)}
            for c, f, l, q in zip(cuts, frontier, low, quality)
        ]

    def cuts(self, probability):
        """Thresholds from 0 to 1 that send about 100 %, 99 % ... 0 % of the rows to the frontier."""
        p, weight = probability[self.rows], self.table.weight[self.rows]
        order = np.argsort(-p)
        share = np.cumsum(weight[order]) / weight.sum()
        steps = np.searchsorted(share, np.arange(1, CURVE_STEPS) / CURVE_STEPS)
        return np.array(sorted({0.0, 1.0, *(short(cut) for cut in p[order][steps])}))

    def measure(self, cuts, probability):
        """At each cut: quality, share sent to the frontier, lower bound of quality."""
        t, rows = self.table, self.rows
        p, weak, strong, weight, key = probability[rows], t.weak[rows], t.strong[rows], t.weight[rows], t.key[rows]
        order = np.argsort(-p)
        above = len(p) - np.searchsorted(p[order][::-1], cuts, side="right")  # rows above each cut

        def sums(weights):
            gain = np.concatenate([[0.0], np.cumsum((weights * (strong - weak))[order])])
            sent = np.concatenate([[0.0], np.cumsum(weights[order])])
            return ((weights * weak).sum() + gain[above]) / (weights * strong).sum(), sent[above] / weights.sum()

        quality, frontier = sums(weight)
        draws = [sums(weight * times)[0] for times in metrics.resamples(key)]
        return quality, frontier, np.percentile(draws, QUALITY_PERCENTILE, axis=0)

    def weights(self, calibration, curve):
        slope, offset = calibration
        coefficients = self.fit(self.rows) * slope
        features = np.where(self.table.constant, 0.0, coefficients[: self.table.features.shape[1]])
        embedding = coefficients[self.table.features.shape[1] :] * EMBEDDING_SCALE
        embedding = np.array([short(v) for v in embedding])
        centre = float(embedding @ self.table.centre) if self.with_embedding else 0.0
        return {
            "bias": short(offset),
            "features": [short(v) for v in features],
            "embedding": embedding.tolist(),
            "embedding_centre": short(centre),
            "curve": curve,
        }


def short(value):
    """Six significant digits are more than the data can tell apart."""
    return float(f"{value:.6g}")


def rust_features(texts):
    """Names, and the values of every text, from the one implementation."""
    command = ["cargo", "run", "--quiet", "--example", "classifier_features"]
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    output = subprocess.run(command, input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
    return json.loads(output[0]), [json.loads(line) for line in output[1:]]


def evaluate(table, heads, held_out, left_out):
    """`{method: {source: figures}}`; the pooled row says how well sources are told apart as well."""
    results = {}

    def add(method, score, rows, calibrated):
        results[method] = {}
        for source in [*data.SOURCES, "all, balanced"]:
            mine = rows & ((table.source == source) | (source == "all, balanced"))
            probability = score[mine] if calibrated else None
            arrays = (table.label, table.weak, table.strong, table.weight, table.key)
            found = metrics.figures(score[mine], probability, *(array[mine] for array in arrays))
            results[method][source] = {"rows": int(mine.sum()), "label": short(np.average(table.label[mine], weights=table.weight[mine])), **found}

    for name, head in heads.items():
        add(f"{name}, held-out questions", held_out[name], head.rows, True)
        add(f"{name}, source left out", left_out[name], head.rows, True)
    everything = np.ones(len(table.label), bool)
    add("length only", table.features[:, 0], everything, False)
    add("random", np.random.default_rng(7).random(len(table.label)), everything, False)
    return results


def predict(weights, features, vector):
    """The same sum as `Classifier::classify`, for the fixture."""
    head = weights["full"] if vector is not None else weights["text_only"]
    logit = head["bias"] - head["embedding_centre"]
    for value, scale, weight in zip(features, weights["features"], head["features"]):
        logit += weight * np.clip((value - scale["mean"]) / scale["scale"], -CLIP, CLIP)
    if vector is not None:
        logit += float(np.dot(head["embedding"], vector))
    return float(expit(logit))


def write_fixture(path, weights, model):
    _, features = rust_features(fixture.TEXTS)
    vectors = embed_cached(fixture.TEXTS[: fixture.WITH_EMBEDDING], model, None)
    cases = []
    for text, values in zip(fixture.TEXTS, features):
        case = {"text": text, "text_only": round(predict(weights, values, None), 7)}
        if text in vectors:
            case["embedding"] = [round(float(v), 4) for v in vectors[text]]
            case["full"] = round(predict(weights, values, case["embedding"]), 7)
        cases.append(json.dumps(case, ensure_ascii=False))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("[\n" + ",\n".join(cases) + "\n]\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the routing files")
    parser.add_argument("--model", type=Path, required=True, help="folder of all-MiniLM-L6-v2")
    parser.add_argument("--cache", type=Path, help="file (.npz) that keeps the embeddings for the next run")
    parser.add_argument("--out", type=Path, default=Path("models/complexity"))
    parser.add_argument("--fixture", type=Path, default=Path("tests/fixtures/classifier.json"))
    options = parser.parse_args()

    rows = data.load(options.data)
    texts = sorted({row["prompt"] for row in rows})
    names, values = rust_features(texts)
    table = Table(rows, dict(zip(texts, values)), embed_cached(texts, options.model, options.cache))
    heads = {"full": Head(table, True), "text_only": Head(table, False)}

    held_out, left_out, trained, curves = {}, {}, {}, {}
    for name, head in heads.items():
        held_out[name], calibration = head.held_out()
        left_out[name] = head.left_out()
        known, unknown = held_out[name], left_out[name]
        cuts = head.cuts(known)
        curves[name] = {
            "held-out questions": head.curve(cuts, [known]),
            "sources left out": head.curve(cuts, [unknown]),
            "shipped: the worse of both": head.curve(cuts, [known, unknown]),
        }
        trained[name] = head.weights(calibration, curves[name]["shipped: the worse of both"])
    weights = {
        "format": 1,
        "description": "P(the cheap tier's answer is not good enough); see README.md",
        "embedding_model": EMBEDDING_MODEL,
        "embedding_dim": 384,
        "clip": CLIP,
        "features": [
            {"name": name, "mean": short(mean), "scale": short(scale)}
            for name, mean, scale in zip(names, table.mean, table.scale)
        ],
        **trained,
    }
    (options.out / "weights.json").write_text(json.dumps(weights, separators=(",", ":")) + "\n")
    write_fixture(options.fixture, weights, options.model)
    card.write(options.out / "README.md", evaluate(table, heads, held_out, left_out), curves)


if __name__ == "__main__":
    main()
