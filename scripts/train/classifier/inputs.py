"""What the classifier reads of each text: the text features and the vectors."""

import json
import subprocess
from dataclasses import dataclass

import numpy as np

import encoder

CLIP = 4.0  # standard deviations


@dataclass
class Inputs:
    """Of all texts: features `[texts, 32]`, vectors of an inner layer (`task`) and of the last (`final`) `[texts, 384]`."""

    names: list
    features: np.ndarray
    task: np.ndarray
    final: np.ndarray


def of(texts, folder, cache):
    names, features = text_features(texts)
    vectors = encoder.vectors_of(texts, folder, cache)
    return Inputs(names, features, vectors[:, 0], vectors[:, 1])


def text_features(texts):
    """Names, and the values of every text, from the one implementation."""
    command = ["cargo", "run", "--quiet", "--offline", "--example", "classifier_features"]
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    output = subprocess.run(command, input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
    return json.loads(output[0]), np.array([json.loads(line) for line in output[1:]], np.float32)
