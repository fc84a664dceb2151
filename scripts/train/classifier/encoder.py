"""Vectors of the encoder that ships in the binary, in PyTorch: the final one and the one of an inner layer.

The layers are those of `../meaning/bert.py`; read here are the files in `models/encoder`, a byte a weight. The gateway
computes the same vectors with candle.
"""

import hashlib
import sys
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file
from tokenizers import Tokenizer

sys.path.append(str(Path(__file__).parent.parent / "meaning"))
from bert import Bert, own_name, padded

NAME = "scrimp-encoder"
WIDTH = 384
WINDOW = 256  # tokens, special tokens included; a longer text is known by its beginning
TASK_LAYER = 4  # the inner layer whose vector says what kind of work a text asks for
ZERO = 128  # the byte that stands for 0
TOKENS_PER_BATCH = 4096
BATCHES_PER_SAVE = 100


class Encoder:
    def __init__(self, folder):
        stored = load_file(Path(folder) / "model.safetensors")
        weights = {}
        for name, value in stored.items():
            if not name.endswith(".scale") and (own := own_name(name)):
                if value.dtype == np.uint8:
                    value = (value.astype(np.float32) - ZERO) * stored[name + ".scale"].reshape(-1, 1)
                weights[own] = torch.from_numpy(value.astype(np.float32))
        self.model = Bert().eval()
        self.model.load_state_dict(weights)
        self.tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()

    def batches(self, texts):
        """Yields indices and their unit vectors `[batch, 2, WIDTH]`: after `TASK_LAYER`, and after the last layer."""
        ids = [self.cut(encoding.ids) for encoding in self.tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(ids)), key=lambda row: len(ids[row]))
        while order:
            rows = order[: max(1, TOKENS_PER_BATCH // len(ids[order[0]]))]
            order = order[len(rows) :]
            yield rows, self.forward(*padded([ids[row] for row in rows]))

    @staticmethod
    def cut(ids):
        return ids if len(ids) <= WINDOW else [*ids[: WINDOW - 1], ids[-1]]

    @torch.inference_mode()
    def forward(self, ids, mask):
        model = self.model
        x = model.norm(model.words(ids) + model.positions.weight[: ids.shape[1]] + model.types.weight[0])
        pooled = []
        for number, layer in enumerate(model.layers, start=1):
            x = layer(x, mask[:, None, None, :])
            if number in (TASK_LAYER, len(model.layers)):
                share = mask[..., None] / mask.sum(1)[:, None, None]
                pooled.append(torch.nn.functional.normalize((x * share).sum(1), dim=-1))
        return torch.stack(pooled, 1).numpy()


def vectors_of(texts, folder, cache=None):
    """Vectors `[texts, 2, WIDTH]` in the order of `Encoder.batches`. The file `cache` (.npz) keeps them, and what is done
    so far while this runs."""
    names = np.array([hashlib.blake2b(text.encode(), digest_size=16).hexdigest() for text in texts])
    known = {}
    if cache and Path(cache).exists():
        stored = np.load(cache)
        known = dict(zip(stored["names"], stored["vectors"]))
    missing = [row for row, name in enumerate(names) if name not in known]
    began, done = time.monotonic(), 0

    def save():
        if cache:
            np.savez(cache, names=np.array(list(known)), vectors=np.array(list(known.values()), np.float32))

    if missing:
        for count, (rows, vectors) in enumerate(Encoder(folder).batches(texts[row] for row in missing), start=1):
            known.update((names[missing[row]], vector) for row, vector in zip(rows, vectors))
            done += len(rows)
            print(f"\rembedded {done} of {len(missing)} texts, {time.monotonic() - began:.0f} s", end="", file=sys.stderr)
            if count % BATCHES_PER_SAVE == 0:
                save()
        print(file=sys.stderr)
        save()
    return np.array([known[name] for name in names], np.float32)
