"""BERT sentence embedding in plain numpy, float64: the independent reference that our encoder is held to.

Follows Devlin et al. 2018 (https://arxiv.org/abs/1810.04805), and mean pooling over all tokens then L2 normalisation
(Reimers and Gurevych 2019, https://arxiv.org/abs/1908.10084). Slow and simple on purpose.
"""

import json
from math import erf
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

ERF = np.vectorize(erf, otypes=[np.float64])


def plain(loaded, name):
    """A tensor in float64; one that is stored as bytes stands for `(byte - 128) * scale` of its row."""
    tensor = loaded[name].astype(np.float64)
    if loaded[name].dtype != np.uint8:
        return tensor
    return (tensor - 128) * loaded[f"{name}.scale"].astype(np.float64)[:, None]


class Reference:
    """A model folder in the Hugging Face layout, with mean pooling."""

    def __init__(self, folder):
        folder = Path(folder)
        self.config = json.loads((folder / "config.json").read_text())
        loaded = load_file(folder / "model.safetensors")
        self.weights = {k: plain(loaded, k) for k, v in loaded.items() if v.dtype != np.int64}
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()

    def embed(self, text):
        """The unit vector of one text, `[dim]`, and its number of tokens."""
        ids = self.tokenizer.encode(text).ids
        pooled = self.encode(ids).mean(axis=0)
        return pooled / np.linalg.norm(pooled), len(ids)

    def encode(self, ids):
        """The last hidden state, `[tokens, dim]`."""
        get = self.weights
        x = get["embeddings.word_embeddings.weight"][ids]
        x = x + get["embeddings.position_embeddings.weight"][: len(ids)]
        x = x + get["embeddings.token_type_embeddings.weight"][0]
        x = self.layer_norm(x, "embeddings.LayerNorm")
        for layer in range(self.config["num_hidden_layers"]):
            name = f"encoder.layer.{layer}"
            attended = self.linear(self.attention(x, name), f"{name}.attention.output.dense")
            x = self.layer_norm(x + attended, f"{name}.attention.output.LayerNorm")
            inner = self.linear(x, f"{name}.intermediate.dense")
            inner = inner * 0.5 * (1.0 + ERF(inner / np.sqrt(2.0)))
            x = self.layer_norm(x + self.linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")
        return x

    def attention(self, x, name):
        heads = self.config["num_attention_heads"]
        split = lambda y: y.reshape(len(y), heads, -1).transpose(1, 0, 2)
        q, k, v = (split(self.linear(x, f"{name}.attention.self.{part}")) for part in ("query", "key", "value"))
        scores = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        return (scores @ v).transpose(1, 0, 2).reshape(len(x), -1)

    def linear(self, x, name):
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def layer_norm(self, x, name):
        centred = x - x.mean(axis=-1, keepdims=True)
        scale = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + self.config["layer_norm_eps"])
        return centred / scale * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]
