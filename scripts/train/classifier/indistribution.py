"""How far a classifier gets that has learnt on the very source: five folds by question, per source.

The ceiling for what the shipped weights can do there, and the measure for learning from one's own traffic.
"""

import numpy as np

import data
import metrics

ROWS = 4000  # per source: kernel regression takes memory with the square, time with the cube
KERNEL_NOISE = 5.0  # variance of a label over that of the function
FEATURES_SHARE = 0.1


def measure(rows, inputs, random=np.random.default_rng(0)):
    """`{method: {source: APGR (value, low, high)}}`."""
    found = {}
    for name, pair in rows.pairs.items():
        chosen = random.permutation(len(pair.text))[:ROWS]
        text, fold = pair.text[chosen], pair.fold[chosen]
        spaces = {
            "features": standard(inputs.features[text]),
            "final vector and features": np.hstack([standard(inputs.final[text]), standard(inputs.features[text])]),
            "inner vector and features": np.hstack([standard(inputs.task[text]), standard(inputs.features[text])]),
        }
        score = {method: np.empty(len(text)) for method in [*spaces, "kernel, inner vector", "kernel, both vectors"]}
        for number in range(data.FOLDS):
            test, train = fold == number, fold != number
            if not test.any():
                continue
            gap = pair.gap[chosen][train]
            for method, columns in spaces.items():
                score[method][test] = ridge(columns[train], gap, columns[test])
            for method, vectors in (("kernel, inner vector", [inputs.task]), ("kernel, both vectors", [inputs.task, inputs.final])):
                kernel = sum(radial(centred(v[text], train), train) for v in vectors) / len(vectors)
                features = spaces["features"]
                kernel += FEATURES_SHARE * features @ features[train].T / features.shape[1]
                weights = np.linalg.solve(kernel[train] + KERNEL_NOISE * np.eye(train.sum(), dtype=np.float32), gap - gap.mean())
                score[method][test] = kernel[test] @ weights
        ones = np.ones(len(text))
        for method, values in score.items():
            figures = metrics.figures(values, None, pair.label[chosen], pair.weak[chosen], pair.strong[chosen], ones, pair.key[chosen])
            found.setdefault(method, {})[name] = figures["apgr"]
    return found


def standard(columns):
    scale = columns.std(0)
    return np.where(scale > 1e-6, (columns - columns.mean(0)) / np.maximum(scale, 1e-6), 0).astype(np.float32)


def ridge(train, target, test, penalty=0.3):
    mean = train.mean(0)
    x = train - mean
    weights = np.linalg.solve(x.T @ x / len(x) + penalty * np.eye(x.shape[1]), x.T @ (target - target.mean()) / len(x))
    return (test - mean) @ weights


def centred(vectors, train):
    """Vectors around the mean of the source, of mean square length 1."""
    x = vectors - vectors[train].mean(0)
    return x / np.sqrt((x[train] ** 2).sum(1).mean())


def radial(x, train):
    """exp(-distance² / 2) from every row to those of `train`."""
    square = (x**2).sum(1)
    return np.exp(-np.maximum(square[:, None] + square[train][None] - 2 * x @ x[train].T, 0) / 2)
