"""Logistic regression with row weights, fractional labels and one free intercept a source."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit


def fit(inputs, label, weight, source, penalty):
    """Coefficients `[columns]` that minimise mean log loss + `penalty[column]` * coefficient² / 2.

    Each source has its own intercept, so that the coefficients learn which question of a source is hard and not which
    exam is; the intercepts are thrown away, calibration sets the one that is shipped.
    """
    inputs = inputs.astype(np.float64)
    names, index = np.unique(source, return_inverse=True)
    share = weight / weight.sum()
    columns = inputs.shape[1]

    def loss(parameters):
        coefficients, intercepts = parameters[:columns], parameters[columns:]
        logit = inputs @ coefficients + intercepts[index]
        value = share @ (np.logaddexp(0, logit) - label * logit) + (penalty * coefficients**2).sum() / 2
        residual = share * (expit(logit) - label)
        gradient = np.concatenate([inputs.T @ residual + penalty * coefficients, np.bincount(index, residual, len(names))])
        return value, gradient

    found = minimize(loss, np.zeros(columns + len(names)), jac=True, method="L-BFGS-B", options={"maxiter": 150})
    return found.x[:columns]


def platt(logit, label, weight):
    """Slope and offset that turn a raw logit into a calibrated one; the slope is never negative."""
    share = weight / weight.sum()
    scale = max(float(np.std(logit)), 1e-9)

    def loss(parameters):
        calibrated = parameters[0] * logit / scale + parameters[1]
        residual = share * (expit(calibrated) - label)
        value = share @ (np.logaddexp(0, calibrated) - label * calibrated)
        return value, np.array([(residual * logit).sum() / scale, residual.sum()])

    found = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=[(0, None), (None, None)])
    return found.x[0] / scale, found.x[1]
