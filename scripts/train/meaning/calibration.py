"""Fits the calibration: evidence on a pair of questions -> P(same answer).

    calibration.py --features FILE --out FILE [--floor COSINE]

The features come from `scrimp judge --pairs … --features FILE`, so that they are the program's own. A logistic
regression whose similarities may only count for and whose differences may only count against, then an isotonic curve.
Every source counts alike. Pairs that the guard vetoes are left out, as the program never serves them. Curve and prior
come from the sources whose labels are certain.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy
from scipy.optimize import minimize
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import roc_auc_score

from bert import write_json

SIMILARITIES = 9
RIDGE = 2e-3
# Breakpoints of the curve and of the prior, in the score.
EDGES = numpy.concatenate([numpy.linspace(0, 0.9, 19), 1 - numpy.logspace(-1, -3, 17)[1:], [1.0]])
# Labels that people gave to whole questions: fit for the weights, too loose for probabilities.
LOOSE = {"qqp", "mrpc", "bitext", "banking77", "clinc150", "situatedqa-temp"}
# Pairs are mined for what is hard to tell apart. Among the best candidates of real lookups, pairs with the same answer
# are more frequent by about this factor.
SAME_IN_TRAFFIC = 3.0
# Labels are never surer than this: some of them are mistakes.
NOISE = 0.002


def read(path: Path):
    lines = path.open(encoding="utf-8")
    names = json.loads(next(lines))["names"]
    rows = [json.loads(line) for line in lines]
    return names, [row for row in rows if row["features"] and not row["vetoed"]]


def fit(x, y, weight, allowed):
    """Bias and weights with their signs; features that are not `allowed` stay at 0."""
    count = x.shape[1]

    def loss(parameters):
        logit = parameters[0] + x @ parameters[1:]
        value = weight @ (numpy.logaddexp(0, logit) - y * logit) + RIDGE * (parameters[1:] ** 2).sum()
        error = weight * (1 / (1 + numpy.exp(-logit)) - y)
        gradient = numpy.concatenate([[error.sum()], x.T @ error + 2 * RIDGE * parameters[1:]])
        return value, gradient

    sign = [(0, None) if at < SIMILARITIES else (None, 0) for at in range(count)]
    bounds = [(None, None)] + [bound if at in allowed else (0, 0) for at, bound in enumerate(sign)]
    start = numpy.zeros(count + 1)
    return minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x


def calibrated(x, y, weight, certain, allowed, floor):
    parameters = fit(x, y, weight, allowed)
    x, y, weight = x[certain], y[certain], weight[certain]
    raw = 1 / (1 + numpy.exp(-(parameters[0] + x @ parameters[1:])))
    curve = IsotonicRegression(y_min=NOISE, y_max=1 - NOISE, out_of_bounds="clip").fit(raw, y, weight)
    # A few points, strictly rising in x; the ends are certain.
    knots = numpy.unique(numpy.quantile(raw, numpy.concatenate([numpy.linspace(0, 0.98, 40), 1 - numpy.logspace(-2, -3.5, 8)])))
    points = [(0.0, 0.0)]
    for knot in knots:
        if knot - points[-1][0] > 1e-5 and knot < 1 - 1e-6:
            points.append((float(knot), float(max(points[-1][1], 0.9 * curve.predict([knot])[0] + 0.1 * knot))))
    points.append((1.0, 1.0))
    score = numpy.interp(raw, [p[0] for p in points], [p[1] for p in points])
    bins = []
    for low, high in zip(EDGES, EDGES[1:]):
        inside = (score >= low) & (score < high) if high < 1 else score >= low
        if inside.sum() >= 5:
            seen = weight[inside] * numpy.where(y[inside] == 1, SAME_IN_TRAFFIC, 1)
            share = (seen * (1 - y[inside])).sum() / seen.sum()
            count = float(inside.sum())
            bins.append({"score": round(float(score[inside].mean()), 6), "n": count, "wrong": round(float(count * share), 4)})
    told = {"auc": roc_auc_score(y, score, sample_weight=weight)}
    return {
        "floor": floor, "bias": float(parameters[0]), "weights": [round(float(w), 5) for w in parameters[1:]],
        "curve": [(round(a, 6), round(b, 6)) for a, b in points], "prior": {"bins": bins},
    }, score, told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--features", type=Path, required=True, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--floor", type=float, default=0.72)
    arguments = parser.parse_args()
    rows = []
    for path in arguments.features:
        names, found = read(path)
        rows += found
    x = numpy.array([row["features"] for row in rows])
    y = numpy.array([row["label"] for row in rows], dtype=float)
    of = Counter(row["source"] for row in rows)
    weight = numpy.array([1 / of[row["source"]] for row in rows])
    weight /= weight.sum()
    everything = set(range(x.shape[1]))
    without_cosine = {at for at in everything if not names[at].startswith("cosine")}
    certain = numpy.array([row["source"] not in LOOSE for row in rows])
    own, score, told = calibrated(x, y, weight, certain, everything, arguments.floor)
    other, _, told_other = calibrated(x, y, weight, certain, without_cosine, 0.3)
    y = y[certain]
    write_json(arguments.out, {"version": 1, "own_encoder": own, "other_encoder": other})
    print(len(rows), "pairs", dict(of), told, told_other)
    for name, weight_ in zip(names, own["weights"]):
        print(f"{name:15} {weight_:8.3f}")
    for threshold in (0.8, 0.9, 0.95, 0.97, 0.98, 0.99):
        served = score >= threshold
        print(threshold, "served same", round(float((served & (y == 1)).sum() / (y == 1).sum()), 3), "wrong of served", round(float((y[served] == 0).mean()), 4))


if __name__ == "__main__":
    main()
