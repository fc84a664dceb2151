"""all-MiniLM-L6-v2 in numpy: unit vectors for texts that fit the model's window, and nothing for longer ones.

Written out here so that training needs neither torch nor a GPU; the gateway computes the same vectors with candle.
"""

import hashlib
import json
import sys
import time
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from scipy.special import erf
from tokenizers import Tokenizer

WINDOW = 256  # tokens, special tokens included
TOKENS_PER_BATCH = 4096


class MiniLM:
    def __init__(self, folder):
        folder = Path(folder)
        config = json.loads((folder / "config.json").read_text())
        assert config["hidden_act"] == "gelu" and config["model_type"] == "bert", "not a BERT with exact GELU"
        self.layers = config["num_hidden_layers"]
        self.heads = config["num_attention_heads"]
        self.width = config["hidden_size"]
        self.epsilon = config["layer_norm_eps"]
        self.weights = load_file(folder / "model.safetensors")
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()

    def embed(self, texts, progress=None):
        """Vectors `[texts, 384]` (rows of NaN where a text exceeds the window) and token counts `[texts]`."""
        ids = [encoding.ids for encoding in self.tokenizer.encode_batch(list(texts))]
        lengths = np.array([len(i) for i in ids])
        vectors = np.full((len(ids), self.width), np.nan, np.float32)
        # Texts of equal length are batched together, so that no batch needs padding or a mask.
        for length in np.unique(lengths[lengths <= WINDOW]):
            rows = np.flatnonzero(lengths == length)
            per_batch = max(1, TOKENS_PER_BATCH // length)
            for start in range(0, len(rows), per_batch):
                batch = rows[start : start + per_batch]
                vectors[batch] = self.forward(np.array([ids[row] for row in batch]))
                if progress:
                    progress(len(batch))
        return vectors, lengths

    def forward(self, ids):
        """Mean-pooled unit vectors `[batch, width]` of token ids `[batch, tokens]` without padding."""
        batch, tokens = ids.shape
        w = self.weights
        x = w["embeddings.word_embeddings.weight"][ids]
        x = x + w["embeddings.position_embeddings.weight"][:tokens] + w["embeddings.token_type_embeddings.weight"][0]
        x = self.norm(x, "embeddings.LayerNorm").reshape(batch * tokens, self.width)
        size = self.width // self.heads
        for layer in range(self.layers):
            p = f"encoder.layer.{layer}."

            def split(name):
                y = self.linear(x, p + name).reshape(batch, tokens, self.heads, size)
                return np.ascontiguousarray(y.transpose(0, 2, 1, 3))

            q, k, v = (split(f"attention.self.{name}") for name in ("query", "key", "value"))
            scores = q @ k.transpose(0, 1, 3, 2) * np.float32(size**-0.5)
            scores -= scores.max(-1, keepdims=True)
            np.exp(scores, out=scores)
            scores /= scores.sum(-1, keepdims=True)
            attended = (scores @ v).transpose(0, 2, 1, 3).reshape(batch * tokens, self.width)
            x = self.norm(x + self.linear(attended, p + "attention.output.dense"), p + "attention.output.LayerNorm")
            y = self.linear(x, p + "intermediate.dense")
            y *= 0.5 * (1 + erf(y * np.float32(2**-0.5)))
            x = self.norm(x + self.linear(y, p + "output.dense"), p + "output.LayerNorm")
        pooled = x.reshape(batch, tokens, self.width).mean(1)
        return pooled / np.linalg.norm(pooled, axis=-1, keepdims=True)

    def linear(self, x, name):
        return x @ self.weights[name + ".weight"].T + self.weights[name + ".bias"]

    def norm(self, x, name):
        centred = x - x.mean(-1, keepdims=True)
        scale = np.sqrt((centred * centred).mean(-1, keepdims=True) + np.float32(self.epsilon))
        return centred / scale * self.weights[name + ".weight"] + self.weights[name + ".bias"]


def embed_cached(texts, folder, cache):
    """`{text: vector or None}` for distinct texts; vectors are kept in the file `cache` from one run to the next."""
    texts = sorted(set(texts))
    names = np.array([hashlib.blake2b(text.encode(), digest_size=16).hexdigest() for text in texts])
    if cache and Path(cache).exists():
        stored = np.load(cache)
        known = dict(zip(stored["names"], stored["vectors"]))
    else:
        known = {}
    missing = [row for row, name in enumerate(names) if name not in known]
    if missing:
        done, began = 0, time.monotonic()

        def progress(count):
            nonlocal done
            done += count
            print(f"\rembedded {done} of {len(missing)} texts, {time.monotonic() - began:.0f} s", end="", file=sys.stderr)

        vectors, _ = MiniLM(folder).embed([texts[row] for row in missing], progress)
        print(file=sys.stderr)
        known.update(zip(names[missing], vectors))
        if cache:
            np.savez(cache, names=np.array(list(known)), vectors=np.array(list(known.values()), np.float32))
    return {text: None if np.isnan(known[name][0]) else known[name] for text, name in zip(texts, names)}
