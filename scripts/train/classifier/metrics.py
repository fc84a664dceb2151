"""Figures with weights: AUC, APGR and calibration error, and their bootstrap over questions.

Every function takes row weights, so that one resample of the bootstrap is one vector of weights and nothing is sorted twice.
"""

import numpy as np

BINS = 15
RESAMPLES = 500
LEVELS = (2.5, 97.5)  # percentiles of a two-sided 95 % interval


def order_by(score, seed=0):
    """Rows from the highest score to the lowest; equal scores in a fixed random order."""
    ties = np.random.default_rng(seed).random(len(score))
    return np.lexsort((ties, -score))


def auc(order, label, weight):
    """P(a row of label 1 is ranked before one of label 0); labels may be fractions. `order` is the ranking."""
    positive = (label * weight)[order]
    negative = ((1 - label) * weight)[order]
    before = np.cumsum(positive) - positive / 2
    return (before * negative).sum() / (positive.sum() * negative.sum())


def apgr(order, weak, strong, weight):
    """RouteLLM's average performance gap recovered: the mean, over the share of strong calls, of
    (routed - weak) / (strong - weak). 0.5 is what a coin reaches."""
    w = weight[order]
    gain = ((strong - weak) * weight)[order]
    total = gain.sum()
    if total <= 0:
        return np.nan
    recovered = np.concatenate([[0.0], np.cumsum(gain)]) / total
    share = np.concatenate([[0.0], np.cumsum(w)]) / w.sum()
    return np.trapezoid(recovered, share)


def calibration_error(probability, label, weight):
    """ECE over fifteen equal-width bins: how far, on average, the said probability is from what happened."""
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    error = np.bincount(bins, weight * (label - probability), BINS)
    return np.abs(error).sum() / weight.sum()


def reliability(probability, label, weight):
    """For each bin that holds rows: its rows, and the means of said probability and outcome."""
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    mass = np.bincount(bins, weight, BINS)
    said, found = (np.bincount(bins, weight * values, BINS) / np.maximum(mass, 1e-12) for values in (probability, label))
    count = np.bincount(bins, minlength=BINS)
    return [(int(count[b]), float(said[b]), float(found[b])) for b in range(BINS) if count[b]]


def resamples(groups, count=RESAMPLES, seed=1):
    """For each bootstrap resample of the groups: how often each row is drawn."""
    _, group = np.unique(groups, return_inverse=True)
    size = group.max() + 1
    random = np.random.default_rng(seed)
    for _ in range(count):
        yield np.bincount(random.integers(0, size, size), minlength=size)[group]


def figures(score, probability, label, weak, strong, weight, groups, count=RESAMPLES):
    """`{name: (value, low, high)}` for one set of rows. `probability` None leaves the calibration error out."""
    order = order_by(score)
    measures = {
        "auc": lambda w: auc(order, label, w),
        "apgr": lambda w: apgr(order, weak, strong, w),
    }
    if probability is not None:
        measures["ece"] = lambda w: calibration_error(probability, label, w)
    values = {name: measure(weight) for name, measure in measures.items()}
    draws = {name: [] for name in measures}
    for times in resamples(groups, count):
        for name, measure in measures.items():
            draws[name].append(measure(weight * times))
    return {name: (float(values[name]), *np.nanpercentile(draws[name], LEVELS).tolist()) for name in measures}
