"""The raw score: a linear combination of text features and vector, which platt.py turns into a probability.

A few features with weights by hand, a direction over all features that follows our own judged tasks, and a direction in the
space of vectors that follows how often models fail. Every share is in standard deviations within a source, so that the
weights say what counts how much. Whole regressions on outcomes do better on the sources that they have seen and worse on all
others; README.md has the figures.
"""

from dataclasses import dataclass

import numpy as np

from inputs import CLIP

# Longer texts, in more sentences, that exclude something are harder; a direct question is easier than an order, and the same
# text over more lines is only laid out.
BY_HAND = {
    "log_words": 1.0,
    "log_sentences": 0.5,
    "log_question_marks": -0.5,
    "log_negations": 0.5,
    "log_lines": -0.25,
}
JUDGED = 0.5
MEANING = 1.0
# Pull towards 0 in ridge regression on standardised columns.
JUDGED_PENALTY = 1.0
MEANING_PENALTY = 30.0


@dataclass
class Score:
    """`clip((features - mean) / scale) · features_weight + final · vector_weight`."""

    mean: np.ndarray
    scale: np.ndarray
    features: np.ndarray
    vector: np.ndarray

    def standardised(self, values):
        return np.clip((values - self.mean) / self.scale, -CLIP, CLIP)

    def of(self, inputs, text):
        return self.standardised(inputs.features[text]) @ self.features + inputs.final[text] @ self.vector


def fit(inputs, parts, judged, with_meaning=True):
    """From failures `parts` (our tasks may be among them) and `judged`: our tasks, or None when they are left out."""
    weight = np.concatenate([np.full(len(part.text), 1 / len(part.text)) for part in parts])
    features = inputs.features[np.concatenate([part.text for part in parts])].astype(float)
    mean = np.average(features, axis=0, weights=weight)
    scale = np.sqrt(np.average((features - mean) ** 2, axis=0, weights=weight))
    constant = scale < 1e-6
    scale[constant] = 1.0
    score = Score(mean, scale, np.zeros(len(mean)), np.zeros(inputs.final.shape[1]))
    public = [part for part in parts if judged is None or part.family != judged.family]

    def standardised(text):
        return np.where(constant, 0.0, score.standardised(inputs.features[text]))

    columns = [inputs.names.index(name) for name in BY_HAND]
    deviation = within(lambda text: standardised(text)[:, columns], public)
    score.features[columns] = np.array(list(BY_HAND.values())) / deviation
    if judged is not None:
        direction = ridge(standardised, [judged], JUDGED_PENALTY)
        score.features += JUDGED * direction / within(lambda text: standardised(text) @ direction, public)
    if with_meaning:
        direction = ridge(lambda text: inputs.final[text], parts, MEANING_PENALTY)
        score.vector = MEANING * direction / within(lambda text: inputs.final[text] @ direction, public)
    return score


def within(column, parts):
    """Standard deviation within a source, the mean over the sources."""
    return np.sqrt(np.mean([column(part.text).var(0) for part in parts], axis=0))


def ridge(columns, parts, penalty):
    """Coefficients of raw columns. Every part counts the same, is centred, and its target is scaled to variance 1: then
    they say what makes a question of a source hard, and not which source is."""
    every = columns(np.concatenate([part.text for part in parts]))
    mean, scale = every.mean(0), every.std(0) + 1e-6
    squares, products = 0, 0
    for part in parts:
        x = (columns(part.text) - mean) / scale
        x = x - x.mean(0)
        y = part.failure - part.failure.mean()
        y = y / (y.std() + 1e-9)
        squares = squares + x.T @ x / len(y)
        products = products + x.T @ y / len(y)
    count = len(parts)
    return np.linalg.solve(squares / count + penalty * np.eye(len(mean)), products / count) / scale
