#!/usr/bin/env python3
"""Measures one text to its vector on one core, side by side with onnxruntime and sentence-transformers, in one run.

    scripts/bench-embed.py [--tokens N,N,…] [--rounds N] [--seconds S] [--model FOLDER] [--core N] [--venv FOLDER]
                           [--json FILE]

Every engine gets the same token ids and the same weights, those of the encoder inside the binary (or of another BERT
model in FOLDER, in the layout of Hugging Face), and computes the unit vector with one thread, in a process that is pinned
to one core; tokenisation is left out. Scrimp computes with each of this processor's instructions. onnxruntime has the
graph in 32-bit floats, and quantised dynamically to int8 with a scale a matrix, which is its default, and with a scale a
column, which is nearer to the floats; on Linux, with a C compiler and a processor that allows it, it is also held to AVX2,
by scripts/bench_embed/hold_to_avx2.c. Rounds are interleaved, so that a change of the machine's speed meets all of them;
medians over the rounds are reported. Cosines are with onnxruntime's vectors in 32-bit floats, over the questions of
scripts/eval/pairs.jsonl.

numpy, onnx, onnxruntime and tokenizers are installed from PyPI into a virtual environment below target/, or the one that
--venv names, unless they are there; sentence-transformers is measured where that environment has it. Builds the bench
`embed`; SCRIMP_BENCH names a bench binary that exists already.
"""

import argparse
import importlib.util
import json
import logging
import os
import platform
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import venv
import warnings
from pathlib import Path

from bench_binary import bench_binary

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("numpy", "onnx", "onnxruntime", "tokenizers")
TEXTS = 300
MOST_TOKENS = 256
FLOATS, INT8, INT8_BY_COLUMN = "onnxruntime f32", "onnxruntime int8", "onnxruntime int8, a scale a column"
SENTENCE_TRANSFORMERS = "sentence-transformers f32"
HELD = ", held to AVX2"


def main():
    arguments = parse()
    if arguments.peer:
        return peer(arguments.peer, arguments.model, Path(arguments.folder))
    inside(arguments.venv)
    result = {"machine": machine(arguments.core), "rounds": arguments.rounds, "model": str(arguments.model)}
    with tempfile.TemporaryDirectory(prefix="scrimp-bench-") as folder:
        engines = start(arguments, Path(folder))
        texts = tokenised(arguments.model)
        result["p50_us"] = times(arguments, engines, texts)
        result["cosine"] = cosines(engines, texts)
        for process in {process.pid: process for process in engines.values()}.values():
            process.stdin.close()
            process.wait()
    show(result)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(result, indent=2) + "\n")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    numbers = lambda text: [int(number) for number in text.split(",")]
    parser.add_argument("--tokens", type=numbers, default=[12, 32, 128, 256], help="lengths (default 12,32,128,256)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds over all engines (default 5)")
    parser.add_argument("--seconds", type=float, default=1, help="a round, length and engine (default 1)")
    parser.add_argument("--model", type=Path, default=ROOT / "models/encoder", help="default models/encoder")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)), help="default the last one")
    parser.add_argument("--venv", type=Path, default=ROOT / "target/bench-embed", help="default target/bench-embed")
    parser.add_argument("--json", metavar="FILE", help="write the result there as well")
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    return parser.parse_args()


def inside(folder):
    """Goes on in the virtual environment, which is made where there is none."""
    python = folder.absolute() / "bin/python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    if Path(sys.prefix).resolve() != folder.resolve():
        os.execv(python, [str(python), *sys.argv])
    if missing := [name for name in PACKAGES if importlib.util.find_spec(name) is None]:
        subprocess.run([python, "-m", "pip", "install", "--quiet", *missing], check=True)
        importlib.invalidate_caches()


# --- the engines -------------------------------------------------------------------------------------------------------


def start(arguments, folder):
    """A process for each backend, by its name; some share one. Each prints the names of its backends first, and answers
    a line `{"backend", "ids", "seconds"}` with the vector and the median time to compute it within so many seconds."""
    own = [sys.executable, __file__, "--model", arguments.model, "--folder", folder, "--peer"]
    commands = [("scrimp ", {}, [bench_binary("embed"), "serve", arguments.model]), ("", {}, [*own, "onnxruntime"])]
    if held := held_to_avx2(folder):
        commands.append(("", held, [*own, "onnxruntime" + HELD]))
    if importlib.util.find_spec("sentence_transformers"):
        commands.append(("", {}, [*own, "sentence-transformers"]))
    engines = {}
    for prefix, environment, command in commands:
        command = ["taskset", "-c", str(arguments.core), *map(str, command)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                   env=os.environ | environment)
        line = process.stdout.readline()
        if not line:
            sys.exit(f"bench-embed: {' '.join(command)} did not start")
        # What is for processors without any of the others' instructions takes a hundred times as long.
        engines |= {f"{prefix}{name}": process for name in json.loads(line) if not name.startswith("Portable")}
    return engines


def held_to_avx2(folder):
    """An environment in which a program sees no more than AVX2; None where there is no way to it."""
    source, library = ROOT / "scripts/bench_embed/hold_to_avx2.c", folder / "hold_to_avx2.so"
    compiler = shutil.which("cc")
    if not compiler or subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", library, source]).returncode:
        return None
    environment = {"LD_PRELOAD": str(library)}
    tried = subprocess.run([sys.executable, "-c", ""], env=os.environ | environment)
    return environment if tried.returncode == 0 else None


def ask(engines, name, ids, seconds=0.0):
    process = engines[name]
    line = json.dumps({"backend": name.removeprefix("scrimp "), "ids": ids, "seconds": seconds})
    process.stdin.write(line + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def peer(kind, model, folder):
    """Serves another library, as our bench does."""
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    if kind.startswith("onnxruntime"):
        backends = {name + kind.removeprefix("onnxruntime"): it for name, it in onnxruntime(model, folder).items()}
    else:
        backends = sentence_transformers(model, folder)
    print(json.dumps(list(backends)), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        embed = backends[asked["backend"]](asked["ids"])
        vector, taken = embed(), []
        end = time.perf_counter() + asked["seconds"]
        while (start := time.perf_counter()) < end:
            embed()
            taken.append((time.perf_counter() - start) * 1e6)
        taken.sort()
        p50 = taken[len(taken) // 2] if taken else None
        print(json.dumps({"p50_us": p50, "vector": [float(value) for value in vector]}), flush=True)


def onnxruntime(model, folder):
    import numpy as np
    import onnxruntime as ort
    from onnxruntime.quantization import QuantType, quantize_dynamic

    folder = Path(tempfile.mkdtemp(dir=folder))
    paths = {name: folder / f"{number}.onnx" for number, name in enumerate((FLOATS, INT8, INT8_BY_COLUMN))}
    write_onnx(model, paths[FLOATS])
    for name in (INT8, INT8_BY_COLUMN):
        quantize_dynamic(paths[FLOATS], paths[name], weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul"],
                         per_channel=name == INT8_BY_COLUMN)
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3

    def backend(session):
        def prepared(ids):
            inputs = {"ids": np.array([ids], np.int64), "places": np.arange(len(ids), dtype=np.int64)[None]}
            return lambda: session.run(None, inputs)[0][0]

        return prepared

    return {name: backend(ort.InferenceSession(path, options)) for name, path in paths.items()}


def sentence_transformers(model, folder):
    import torch
    from sentence_transformers import SentenceTransformer, models

    torch.set_num_threads(1)
    write_floats(model, folder / "floats")
    transformer = models.Transformer(str(folder / "floats"))
    pooling = models.Pooling(shape(model)["hidden_size"])
    whole = SentenceTransformer(modules=[transformer, pooling, models.Normalize()], device="cpu").eval()

    def prepared(ids):
        ids = torch.tensor([ids])

        def embed():
            with torch.inference_mode():
                given = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "token_type_ids": torch.zeros_like(ids)}
                return whole(given)["sentence_embedding"][0].numpy()

        return embed

    return {SENTENCE_TRANSFORMERS: prepared}


# --- the model ---------------------------------------------------------------------------------------------------------


def shape(model):
    return json.loads((model / "config.json").read_text())


def weights(model):
    """By name, as 32-bit floats. A matrix of bytes has 128 for zero, and a scale a row in `NAME.scale`."""
    import numpy as np

    content = (model / "model.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    tensors = {}
    for name, about in json.loads(content[8 : 8 + length]).items():
        if name == "__metadata__":
            continue
        kind = {"F32": np.float32, "U8": np.uint8, "I64": np.int64}[about["dtype"]]
        first, last = (8 + length + offset for offset in about["data_offsets"])
        tensors[name] = np.frombuffer(content[first:last], kind).reshape(about["shape"])
    floats = {}
    for name, tensor in tensors.items():
        if tensor.dtype == np.uint8:
            tensor = (tensor.astype(np.float32) - 128) * tensors[f"{name}.scale"][:, None]
        floats[name.removeprefix("bert.")] = tensor
    return {name: tensor for name, tensor in floats.items() if not name.endswith(".scale")}


def write_floats(model, folder):
    """The model as a folder of Hugging Face's layout, in 32-bit floats."""
    folder.mkdir()
    tensors = {name: tensor for name, tensor in weights(model).items() if tensor.dtype.kind == "f"}
    header, content = {}, b""
    for name, tensor in tensors.items():
        header[name] = {"dtype": "F32", "shape": tensor.shape, "data_offsets": [len(content), len(content) + tensor.nbytes]}
        content += tensor.tobytes()
    header = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + content)
    for name in ("config.json", "tokenizer.json"):
        (folder / name).write_bytes((model / name).read_bytes())


def write_onnx(model, path):
    """The graph from token ids, and their places, to the unit vector of their mean."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    about, weight = shape(model), weights(model)
    dimension, heads, epsilon = about["hidden_size"], about["num_attention_heads"], about["layer_norm_eps"]
    constants, nodes = {}, []

    def constant(name, value):
        constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def node(kind, *inputs, **attributes):
        output = f"{kind}_{len(nodes)}"
        nodes.append(helper.make_node(kind, list(inputs), [output], name=output, **attributes))
        return output

    def norm(states, name):
        scale, shift = (constant(f"{name}.{part}", weight[f"{name}.{part}"]) for part in ("weight", "bias"))
        return node("LayerNormalization", states, scale, shift, axis=-1, epsilon=epsilon)

    def linear(states, name, scale=1.0):
        matrix = constant(f"{name}.weight", weight[f"{name}.weight"].T * np.float32(scale))
        bias = constant(f"{name}.bias", weight[f"{name}.bias"] * np.float32(scale))
        return node("Add", node("MatMul", states, matrix), bias)

    def by_head(states, order):
        return node("Transpose", node("Reshape", states, split), perm=order)

    def gelu(states):
        erf = node("Erf", node("Div", states, constant("root", np.float32(2**0.5))))
        twice = node("Mul", states, node("Add", erf, constant("one", np.float32(1))))
        return node("Mul", twice, constant("half", np.float32(0.5)))

    split = constant("split", np.array([0, -1, heads, dimension // heads], np.int64))
    joined = constant("joined", np.array([0, -1, dimension], np.int64))
    words = constant("words", weight["embeddings.word_embeddings.weight"])
    types = weight["embeddings.token_type_embeddings.weight"][0]
    places = constant("positions", weight["embeddings.position_embeddings.weight"] + types)
    states = norm(node("Add", node("Gather", words, "ids"), node("Gather", places, "places")), "embeddings.LayerNorm")
    for number in range(about["num_hidden_layers"]):
        layer = f"encoder.layer.{number}"
        query = by_head(linear(states, f"{layer}.attention.self.query", (heads / dimension) ** 0.5), [0, 2, 1, 3])
        key = by_head(linear(states, f"{layer}.attention.self.key"), [0, 2, 3, 1])
        value = by_head(linear(states, f"{layer}.attention.self.value"), [0, 2, 1, 3])
        context = node("MatMul", node("Softmax", node("MatMul", query, key), axis=-1), value)
        context = node("Reshape", node("Transpose", context, perm=[0, 2, 1, 3]), joined)
        attended = node("Add", linear(context, f"{layer}.attention.output.dense"), states)
        states = norm(attended, f"{layer}.attention.output.LayerNorm")
        inner = gelu(linear(states, f"{layer}.intermediate.dense"))
        states = norm(node("Add", linear(inner, f"{layer}.output.dense"), states), f"{layer}.output.LayerNorm")
    mean = node("ReduceMean", states, axes=[1], keepdims=0)
    nodes.append(helper.make_node("LpNormalization", [mean], ["vector"], axis=-1, p=2))
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, [1, "tokens"]) for name in ("ids", "places")]
    outputs = [helper.make_tensor_value_info("vector", TensorProto.FLOAT, [1, dimension])]
    graph = helper.make_graph(nodes, "bert", inputs, outputs, list(constants.values()))
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)


# --- measuring ---------------------------------------------------------------------------------------------------------


def tokenised(model):
    """Token ids of questions, those that mark the ends of a text included."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    pairs = map(json.loads, (ROOT / "scripts/eval/pairs.jsonl").read_text().splitlines())
    texts = list(dict.fromkeys(text for pair in pairs for text in (pair["a"], pair["b"])))
    return [text.ids for text in tokenizer.encode_batch(texts) if len(text.ids) <= MOST_TOKENS]


def of_length(texts, tokens):
    """The words of questions, one after the other, cut to so many tokens."""
    inner = (token for text in texts for token in text[1:-1])
    return [texts[0][0], *(next(inner) for _ in range(tokens - 2)), texts[0][-1]]


def times(arguments, engines, texts):
    """By engine and number of tokens: the median and all rounds, microseconds."""
    names = list(engines)
    seen = {name: {tokens: [] for tokens in arguments.tokens} for name in names}
    for number in range(arguments.rounds):
        # Each engine comes first in its turn.
        shift = number % len(names)
        for tokens in arguments.tokens:
            ids = of_length(texts, tokens)
            for name in names[shift:] + names[:shift]:
                seen[name][tokens].append(ask(engines, name, ids, arguments.seconds)["p50_us"])
        print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr, flush=True)
    return {name: {tokens: {"median": statistics.median(all), "rounds": all} for tokens, all in lengths.items()}
            for name, lengths in seen.items()}


def cosines(engines, texts):
    """With onnxruntime's vectors in 32-bit floats, by engine."""
    import numpy as np

    texts = texts[:: max(1, len(texts) // TEXTS)][:TEXTS]
    vectors = {name: np.array([ask(engines, name, ids)["vector"] for ids in texts]) for name in engines}
    found = {name: (vectors[name] * vectors[FLOATS]).sum(1) for name in engines}
    return {name: {"mean": float(all.mean()), "least": float(all.min()), "texts": len(texts)} for name, all in found.items()}


# --- the report --------------------------------------------------------------------------------------------------------


def machine(core):
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    return {"processor": model, "core": core, "load_before": round(os.getloadavg()[0], 2)}


def show(result):
    """Ratios are to Scrimp's default on this processor: int8 where it has instructions for it."""
    about, by_engine = result["machine"], result["p50_us"]
    lengths = list(next(iter(by_engine.values())))
    narrow = (name for name in by_engine if name.startswith("scrimp ") and name.endswith(" int8"))
    default = next(narrow, "scrimp f32")
    print(f"{about['processor']}, core {about['core']}; load before: {about['load_before']}")
    print(f"medians of {result['rounds']} interleaved rounds; times to `{default}`")
    print(f"\n| | {' | '.join(f'{tokens} tokens: p50, ms | times' for tokens in lengths)} | cosine: mean | least |")
    print("|---|" + "---|" * (2 * len(lengths) + 2))
    for name, by_length in by_engine.items():
        cells = []
        for tokens in lengths:
            p50 = by_length[tokens]["median"]
            cells += [f"{p50 / 1e3:.3g}", f"{p50 / by_engine[default][tokens]['median']:.2f}"]
        cosine = result["cosine"][name]
        print(f"| {name} | {' | '.join(cells)} | {cosine['mean']:.5f} | {cosine['least']:.5f} |")


if __name__ == "__main__":
    main()
