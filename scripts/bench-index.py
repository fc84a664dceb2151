#!/usr/bin/env python3
"""Measures lookups by vector side by side with hnswlib and usearch, in one run on one machine.

    scripts/bench-index.py [--entries N,N,…] [--indexes NAME,NAME,…] [--rounds N] [--vectors FILE] [--json FILE]

Every index gets the same unit vectors of 384 numbers and the same queries, and is asked for the best 8 on one thread.
Queries are of two kinds: near duplicates (a stored vector with noise, so that their cosine is 0.90 to 0.98) and arbitrary
ones. Rounds are interleaved, so that a change of the machine's speed meets all indexes; medians over the rounds are
reported, and recall against exact products. Each index lives in a process of its own, whose memory is measured without
the vectors that it was given.

FILE holds vectors as 32-bit floats, one after the other, in any order that chance has made; its last 2,000 are the
arbitrary queries. Without it there are clusters of 50 around random directions.

Needs numpy, hnswlib and usearch (`pip install numpy hnswlib usearch`), and builds the bench `index`; SCRIMP_BENCH names
a bench binary that exists already. A million entries take half an hour on two cores, almost all of it for building the
others' graphs.
"""

import argparse
import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from bench_binary import bench_binary

ROOT = Path(__file__).resolve().parent.parent
DIMENSION = 384
BEST = 8
QUERIES = 2_000
KINDS = ("near", "arbitrary")
CLUSTER = 50
# `graph` is hnsw_rs, which Scrimp holds as a second kind of index.
INDEXES = ("scrimp", "graph", "hnswlib", "usearch-f32", "usearch-i8")
# Of the graphs: links a node, candidates of an insertion, candidates of a lookup.
LINKS, EF_CONSTRUCTION, EF_SEARCH = 16, 100, 64


def main():
    arguments = parse()
    if arguments.peer:
        return peer(arguments.peer, Path(arguments.folder))
    results = {"machine": machine(), "rounds": arguments.rounds, "sizes": {}}
    binary = bench_binary("index")
    for entries in arguments.entries:
        with tempfile.TemporaryDirectory(prefix="scrimp-bench-") as folder:
            make_data(Path(folder), entries, arguments.vectors)
            results["sizes"][entries] = measure(Path(folder), entries, binary, arguments)
        show(entries, results["sizes"][entries])
        if arguments.json:
            Path(arguments.json).write_text(json.dumps(results, indent=2) + "\n")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sizes = lambda text: [int(size) for size in text.split(",")]
    parser.add_argument("--entries", type=sizes, default=[10_000, 100_000], help="default 10000,100000")
    parser.add_argument("--rounds", type=int, default=5, help="rounds over all indexes (default 5)")
    parser.add_argument("--vectors", metavar="FILE", help="vectors to store and to ask for")
    names = ",".join(INDEXES)
    parser.add_argument("--indexes", type=lambda text: text.split(","), default=[*INDEXES], help=f"of {names} (default all)")
    parser.add_argument("--json", metavar="FILE", help="write the result there as well")
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    return parser.parse_args()


# --- the data ----------------------------------------------------------------------------------------------------------


def make_data(folder, entries, vectors):
    """Writes `stored`, and for each kind of query `KIND` and `KIND.best`, the similarities of the best entries."""
    random = np.random.default_rng(1)
    if vectors:
        given = np.fromfile(vectors, np.float32).reshape(-1, DIMENSION)
        stored, arbitrary = given[:-QUERIES], given[-QUERIES:]
        if len(stored) < entries:
            sys.exit(f"bench-index: {vectors} has {len(stored)} vectors to store, not {entries}")
        stored = stored[:entries]
    else:
        centres = normal(random, -(-entries // CLUSTER))
        near_a_centre = lambda count: unit(centres[random.integers(0, len(centres), count)] + 0.8 * normal(random, count))
        stored = np.concatenate([near_a_centre(len(part)) for part in np.array_split(np.empty(entries), 1 + entries // 50_000)])
        arbitrary = near_a_centre(QUERIES)
    sources = stored[random.integers(0, entries, QUERIES)]
    noise = normal(random, QUERIES)
    noise = unit(noise - (noise * sources).sum(1, keepdims=True) * sources)
    cosine = random.uniform(0.90, 0.98, (QUERIES, 1)).astype(np.float32)
    queries = {"near": unit(cosine * sources + np.sqrt(1 - cosine**2) * noise), "arbitrary": arbitrary}
    stored.tofile(folder / "stored")
    for kind, values in queries.items():
        values.astype(np.float32).tofile(folder / kind)
        best = np.full((QUERIES, BEST), -2, np.float32)
        for start in range(0, entries, 50_000):
            both = np.concatenate([best, values @ stored[start : start + 50_000].T], axis=1)
            best = -np.sort(np.partition(-both, BEST - 1, axis=1)[:, :BEST], axis=1)
        best.tofile(folder / f"{kind}.best")


def normal(random, count):
    """Random directions, most of their length in the first dimensions, as embeddings have it."""
    values = random.standard_normal((count, DIMENSION), dtype=np.float32)
    return unit(values / (1 + np.arange(DIMENSION, dtype=np.float32) / 64))


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


# --- the indexes -------------------------------------------------------------------------------------------------------


def measure(folder, entries, binary, arguments):
    ours = [str(binary), "serve", str(folder)]
    me = [sys.executable, __file__, "--folder", str(folder), "--peer"]
    commands = {name: [*me, name] for name in INDEXES} | {"scrimp": ours, "graph": [*ours, "graph"]}
    commands = {name: commands[name] for name in arguments.indexes}
    result = {}
    with contextlib.ExitStack() as stack:
        servers = {}
        for name, command in commands.items():
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
            process = stack.enter_context(subprocess.Popen(command, **pipes))
            stack.callback(process.kill)
            servers[name] = process
            built = json.loads(process.stdout.readline())
            result[name] = built | {"bytes_an_entry": built.pop("bytes") / entries} | {kind: [] for kind in KINDS}
            print(f"  {name}: built in {built['build_s']:.1f} s", file=sys.stderr, flush=True)
        for round in range(arguments.rounds):
            order = list(servers)
            order = order[round % len(order) :] + order[: round % len(order)]
            for kind in KINDS:
                for name in order:
                    result[name][kind].append(ask(servers[name], kind))
        stored = np.memmap(folder / "stored", np.float32, "r", shape=(entries, DIMENSION))
        for name in servers:
            for kind in KINDS:
                ask(servers[name], f"{kind} {folder / 'found'}")
                result[name][f"{kind}_recall"] = recall(folder, kind, stored)
    return result


def ask(process, line):
    process.stdin.write(line + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def recall(folder, kind, stored):
    """Recall@1 and recall@8, by similarity: of equally near entries any is right."""
    found = np.fromfile(folder / "found", np.uint32).reshape(QUERIES, BEST)
    queries = np.fromfile(folder / kind, np.float32).reshape(QUERIES, DIMENSION)
    best = np.fromfile(folder / f"{kind}.best", np.float32).reshape(QUERIES, BEST)
    similarities = np.einsum("qd,qkd->qk", queries, stored[found])
    return [
        float((similarities[:, 0] >= best[:, 0] - 1e-5).mean()),
        float((similarities >= best[:, -1:] - 1e-5).mean()),
    ]


def peer(name, folder):
    """Serves another library's index: builds it, then answers lines with times, as our bench does."""
    stored = np.memmap(folder / "stored", np.float32, "r").reshape(-1, DIMENSION)
    before = anonymous_bytes()
    start = time.perf_counter()
    if name == "hnswlib":
        import hnswlib

        index = hnswlib.Index(space="ip", dim=DIMENSION)
        index.init_index(max_elements=len(stored), M=LINKS, ef_construction=EF_CONSTRUCTION)
        for first in range(0, len(stored), 10_000):
            part = np.array(stored[first : first + 10_000])
            index.add_items(part, np.arange(first, first + len(part)))
        index.set_ef(EF_SEARCH)
        index.set_num_threads(1)
        lookup = lambda query: index.knn_query(query, k=BEST)[0]
    else:
        from usearch.index import Index

        options = {"connectivity": LINKS, "expansion_add": EF_CONSTRUCTION, "expansion_search": EF_SEARCH}
        index = Index(ndim=DIMENSION, metric="cos", dtype=name.removeprefix("usearch-"), **options)
        for first in range(0, len(stored), 10_000):
            part = np.array(stored[first : first + 10_000])
            index.add(np.arange(first, first + len(part), dtype=np.uint64), part)
        lookup = lambda query: index.search(query, BEST, threads=1).keys
    print(json.dumps({"build_s": time.perf_counter() - start, "bytes": anonymous_bytes() - before}), flush=True)
    for line in sys.stdin:
        kind, *path = line.split()
        queries = np.fromfile(folder / kind, np.float32).reshape(-1, DIMENSION)
        times, found = [], []
        for query in queries:
            start = time.perf_counter_ns()
            keys = lookup(query)
            times.append((time.perf_counter_ns() - start) / 1e3)
            found.append(np.asarray(keys, np.uint32).reshape(-1))
        if path:
            np.stack(found).tofile(path[0])
        times.sort()
        print(json.dumps({"p50_us": times[len(times) // 2], "p99_us": times[len(times) * 99 // 100]}), flush=True)


def anonymous_bytes():
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in status if line.startswith("RssAnon"))


# --- the report --------------------------------------------------------------------------------------------------------


def machine():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    return {"processor": model, "cores": os.cpu_count(), "system": platform.platform()}


def show(entries, result):
    print(f"\n| {entries:,} entries | near: p50, µs | p99 | recall@1 | recall@8 | arbitrary: p50, µs | p99 | recall@1 | recall@8 "
          "| bytes an entry | build, s |")
    print("|---|" + "---|" * 10)
    for name, values in result.items():
        cells = []
        for kind in KINDS:
            cells += [f"{statistics.median(round[time] for round in values[kind]):.0f}" for time in ("p50_us", "p99_us")]
            cells += [f"{share:.4f}" for share in values[f"{kind}_recall"]]
        print(f"| {name} | {' | '.join(cells)} | {values['bytes_an_entry']:.0f} | {values['build_s']:.0f} |", flush=True)


if __name__ == "__main__":
    main()
