"""Platt scaling: from a raw score to the log-odds of the label."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit


def fit(score, label, weight):
    """Slope and offset: log-odds = slope * score + offset. Labels may be fractions; the slope is never negative."""
    share = weight / weight.sum()
    scale = max(float(np.std(score)), 1e-9)

    def loss(parameters):
        calibrated = parameters[0] * score / scale + parameters[1]
        residual = share * (expit(calibrated) - label)
        value = share @ (np.logaddexp(0, calibrated) - label * calibrated)
        return value, np.array([(residual * score).sum() / scale, residual.sum()])

    found = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=[(0, None), (None, None)])
    return found.x[0] / scale, found.x[1]
