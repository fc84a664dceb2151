"""Writes trained weights in the form that ships: matrices as bytes with one scale a row, the rest in f32.

    export.py encoder FILE DIR --base DIR      writes model.safetensors, config.json, tokenizer.json
    export.py verifier FILE DIR                writes model.safetensors; the word embeddings are the encoder's
"""

import argparse
import shutil
from pathlib import Path

import numpy
import torch
from safetensors.numpy import save_file
from safetensors.torch import load_file

from bert import NAMES

THEIRS = {own: theirs for theirs, own in NAMES.items()}


def hugging_face_name(name: str) -> str:
    stem, _, kind = name.rpartition(".")
    if stem.startswith("layers."):
        _, number, part = stem.split(".")
        return f"encoder.layer.{number}.{THEIRS[part]}.{kind}"
    return f"{THEIRS[stem]}.{kind}" if stem in THEIRS else name


def quantised(weight: torch.Tensor) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Bytes around 128 and the scale of each row; the scale that loses least of a few is taken."""
    rows = weight.float().numpy()
    peak = numpy.abs(rows).max(1, keepdims=True).clip(1e-8)
    best, least = None, None
    for share in (1.0, 0.95, 0.9):
        scale = peak * share / 127
        bytes_ = numpy.clip(numpy.round(rows / scale), -127, 127)
        loss = ((bytes_ * scale - rows) ** 2).sum(1, keepdims=True)
        if best is None:
            best, least, scales = bytes_, loss, scale
        else:
            better = loss < least
            best, scales, least = numpy.where(better, bytes_, best), numpy.where(better, scale, scales), numpy.minimum(loss, least)
    return (best + 128).astype(numpy.uint8), scales[:, 0].astype(numpy.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("kind", choices=("encoder", "verifier"))
    parser.add_argument("file", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--base", type=Path)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for own, value in load_file(arguments.file).items():
        own = own.removeprefix("body.")
        if arguments.kind == "verifier" and own == "words.weight":
            continue
        name = hugging_face_name(own)
        if value.dim() == 2 and value.shape[0] > 1:
            tensors[name], tensors[f"{name}.scale"] = quantised(value)
        else:
            tensors[name] = value.float().numpy().reshape(-1)
    save_file(tensors, arguments.folder / "model.safetensors", {"format": "scrimp", "kind": arguments.kind})
    if arguments.kind == "encoder":
        for name in ("config.json", "tokenizer.json"):
            shutil.copy(arguments.base / name, arguments.folder / name)
    print(arguments.folder / "model.safetensors", (arguments.folder / "model.safetensors").stat().st_size)


if __name__ == "__main__":
    main()
