"""Probabilities for every row from models and calibrations that did not see it, and what follows from them.

*Held-out questions*: five folds by question. *Source left out*: nothing of the row's family of files, and no question that
it shares with another.
"""

import numpy as np
from scipy.special import expit

import data
import metrics
import platt
import score
from data import TASKS

CURVE_STEPS = 100
QUALITY_PERCENTILE = 5  # one-sided lower 95 % bound


class Head:
    """One way to judge a request: with the vector or without."""

    def __init__(self, rows, inputs, with_meaning):
        self.data, self.inputs, self.with_meaning = rows, inputs, with_meaning
        self.shares = data.trained()

    def fit(self, **without):
        parts = self.data.failures_without(**without)
        judged = next((part for part in parts if part.family == TASKS), None)
        return score.fit(self.inputs, parts, judged, self.with_meaning)

    def out_of_fold(self, families=(), keys=()):
        """Raw scores of all rows that training may see, from models that did not see their questions; NaN for the rest."""
        pairs = {name: self.data.pairs[name] for name in self.shares if self.data.pairs[name].family not in families}
        found = {name: np.full(len(pair.text), np.nan) for name, pair in pairs.items()}
        for fold in range(data.FOLDS):
            model = self.fit(families=families, keys=keys, fold=fold)
            for name, pair in pairs.items():
                test = (pair.fold == fold) & ~np.isin(pair.key, keys)
                found[name][test] = model.of(self.inputs, pair.text[test])
        return found

    def calibration(self, scores, fold=None):
        """Slope and offset over all sources, balanced; without one fold."""
        columns = []
        for name, values in scores.items():
            pair = self.data.pairs[name]
            rows = ~np.isnan(values) & (pair.fold != fold)
            if rows.sum() < data.SMALLEST_PART // data.FOLDS:
                continue  # nearly all of its questions are in the source that is left out
            columns.append((values[rows], pair.label[rows], np.full(rows.sum(), self.shares[name] / rows.sum())))
        return platt.fit(*(np.concatenate(column) for column in zip(*columns)))

    def held_out(self):
        """Probabilities by source, and the calibration that ships."""
        scores = self.out_of_fold()
        found = {name: np.empty(len(values)) for name, values in scores.items()}
        for fold in range(data.FOLDS):
            slope, offset = self.calibration(scores, fold)
            for name, values in scores.items():
                test = self.data.pairs[name].fold == fold
                found[name][test] = expit(slope * values[test] + offset)
        return found, self.calibration(scores)

    def left_out(self):
        """Probabilities by source, those that are only measured among them."""
        found = {}
        for family in dict.fromkeys(pair.family for pair in self.data.pairs.values()):
            mine = {name: pair for name, pair in self.data.pairs.items() if pair.family == family}
            without = {"families": (family,), "keys": np.unique(np.concatenate([pair.key for pair in mine.values()]))}
            slope, offset = self.calibration(self.out_of_fold(**without))
            model = self.fit(**without)
            for name, pair in mine.items():
                found[name] = expit(slope * model.of(self.inputs, pair.text) + offset)
        return found


class Exams:
    """The rows of all measured pairs that weights are fitted to, every family with the same weight: no judged tasks."""

    def __init__(self, rows):
        self.shares = {name: share for name, share in data.trained().items() if name != TASKS}
        pairs = [rows.pairs[name] for name in self.shares]
        self.weak, self.strong, self.label, self.key = (
            np.concatenate([getattr(pair, column) for pair in pairs]) for column in ("weak", "strong", "label", "key")
        )
        self.weight = np.concatenate([np.full(len(rows.pairs[name].text), share / len(rows.pairs[name].text)) for name, share in self.shares.items()])

    def of(self, by_source):
        return np.concatenate([by_source[name] for name in self.shares])

    def cuts(self, probability):
        """Thresholds from 0 to 1 that send about 100 %, 99 % ... 0 % of the rows to the frontier."""
        order = np.argsort(-probability)
        share = np.cumsum(self.weight[order]) / self.weight.sum()
        steps = np.searchsorted(share, np.arange(1, CURVE_STEPS) / CURVE_STEPS)
        return np.array(sorted({0.0, 1.0, *(short(cut) for cut in probability[order][steps])}))

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

    def measure(self, cuts, probability):
        """At each cut: quality, share sent to the frontier, lower bound of quality."""
        order = np.argsort(-probability)
        above = len(order) - np.searchsorted(probability[order][::-1], cuts, side="right")  # rows above each cut

        def sums(weights):
            gain = np.concatenate([[0.0], np.cumsum((weights * (self.strong - self.weak))[order])])
            sent = np.concatenate([[0.0], np.cumsum(weights[order])])
            return ((weights * self.weak).sum() + gain[above]) / (weights * self.strong).sum(), sent[above] / weights.sum()

        quality, frontier = sums(self.weight)
        draws = [sums(self.weight * times)[0] for times in metrics.resamples(self.key)]
        return quality, frontier, np.percentile(draws, QUALITY_PERCENTILE, axis=0)


def short(value):
    """Six significant digits are more than the data can tell apart."""
    return float(f"{value:.6g}")
