#!/usr/bin/env python3
"""Measures what Scrimp adds to a request, side by side with a plain nginx proxy, in one run on one machine.

    scripts/bench-gateway.sh [--rounds N] [--seconds S] [--rate N]… [--parts NAME,…] [--unpinned] [--litellm VENV]
                             [--json FILE]

A mock provider (nginx that returns one fixed chat completion) is asked directly, through nginx as a plain proxy, through
Scrimp without its cache, through Scrimp as exact hits, and through LiteLLM's proxy where there is one. The server under
test has a core to itself, mock and load have the others. Rounds are interleaved, so that a change of the machine's speed
meets all of them. The parts are

    start     time until ready, and memory before any request
    proxy     latency with one connection; throughput and CPU time with many
    rates     latency at fixed rates, counted from when a request was due
    streams   the first token of many streams at once, and gaps between tokens
    hits      single requests: the gateway's own share of exact hits, and of rewordings that are hits by meaning

Needs nginx, wrk and oha, and a release build; SCRIMP names another binary. scripts/bench-gateway.sh sees to all of them.
For LiteLLM: python3 -m venv VENV && VENV/bin/pip install 'litellm[proxy]'.
"""

import argparse
import contextlib
import json
import os
import shutil
import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path

from bench_gateway import cores, load, report, servers, single, streams

ROOT = Path(__file__).resolve().parent.parent
PARTS = ["start", "proxy", "rates", "streams", "hits"]
OFF = "{ enabled: false }"
ON = "{ ttl: 24h, learn: false }"


def main():
    arguments = parse()
    server_cores, load_cores = (cores.all_of_them(),) * 2 if arguments.unpinned else cores.split()
    result = {"machine": cores.machine(), "pinned": [server_cores, load_cores]}
    result |= {"rounds": arguments.rounds, "seconds": arguments.seconds}
    # What is started from here on, the servers under test apart, inherits it.
    os.sched_setaffinity(0, load_cores)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scrimp-bench-")))
        folder.chmod(0o755)
        direct = stack.enter_context(servers.chat_mock(folder, load_cores))
        streaming = stack.enter_context(servers.streams_mock(folder, load_cores))
        upstreams = servers.Upstreams(direct.port, streaming.port)
        under_test = {
            "nginx": partial(servers.nginx, folder, upstreams, server_cores),
            "scrimp": partial(servers.scrimp, arguments.scrimp, "scrimp", folder, upstreams, OFF, server_cores),
        }
        if arguments.litellm:
            under_test["litellm"] = partial(servers.litellm, arguments.litellm, folder, upstreams, server_cores)
        if "start" in arguments.parts:
            result["start"] = starts(arguments.rounds, under_test)
        proxies = {name: stack.enter_context(start()) for name, start in under_test.items()}
        hits = servers.scrimp(arguments.scrimp, "scrimp exact hit", folder, upstreams, ON, server_cores)
        cached = stack.enter_context(hits)
        single.expect(proxies["scrimp"], "bypass")
        single.expect(cached, "miss")
        single.expect(cached, "exact")
        measure(arguments, folder, result, direct, streaming, proxies, cached)
    report.show(result)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(result, indent=2) + "\n")


def starts(rounds, under_test):
    seen = {name: [] for name in under_test}
    for _ in range(rounds):
        for name, start in under_test.items():
            seen[name].append(servers.at_rest(start))
    median = lambda all, key: round(statistics.median(one[key] for one in all), 1)
    return {name: {key: median(all, key) for key in all[0]} for name, all in seen.items()}


def measure(arguments, folder, result, direct, streaming, proxies, cached):
    asked = [direct, proxies["nginx"], proxies["scrimp"], cached]
    asked += [proxies[name] for name in ("litellm",) if name in proxies]
    if "proxy" in arguments.parts:
        result["proxy"] = load.closed(arguments, folder, asked, single.body())
    if "rates" in arguments.parts:
        throughput = {name: keys["requests_per_second"] for name, keys in result.get("proxy", {}).items()}
        result["rates"] = load.at_rates(arguments, folder, asked, single.body(), throughput)
    if "streams" in arguments.parts:
        streaming.name = direct.name
        text = single.body(model=servers.STREAM_MODEL, stream=True)
        result["streams"] = streams.measure(arguments, [streaming, *proxies.values()], text)
    if "hits" in arguments.parts:
        result["exact"] = single.exact_hits(cached)
        result["semantic"] = single.semantic_hits(cached)
        result["resident_mib"] = round(cores.resident_bytes(cached.pid) / 2**20, 1)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="rounds over all variants (default 5)")
    parser.add_argument("--seconds", type=float, default=4, help="of load a variant and round (default 4)")
    parser.add_argument("--rate", type=int, action="append", metavar="N",
                        help="requests a second for `rates` (default 2000, and half of nginx's throughput)")
    parser.add_argument("--parts", type=lambda text: text.split(","), default=PARTS,
                        help=f"of {','.join(PARTS)} (default all)")
    parser.add_argument("--unpinned", action="store_true", help="let load, mock and the server under test share all cores")
    parser.add_argument("--litellm", metavar="VENV", help="where LiteLLM's proxy is installed")
    parser.add_argument("--json", metavar="FILE", help="write the result there as well")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    arguments.scrimp = Path(os.environ.get("SCRIMP", ROOT / "target/release/scrimp"))
    own_oha = ROOT / "target/bench-tools/bin/oha"
    arguments.oha = shutil.which("oha") or str(own_oha)
    for tool in ("nginx", "wrk", "taskset", *(["oha"] if "rates" in arguments.parts and not own_oha.exists() else [])):
        if shutil.which(tool) is None:
            sys.exit(f"bench-gateway: {tool} is not installed; scripts/bench-gateway.sh installs what is needed")
    if not os.access(arguments.scrimp, os.X_OK):
        sys.exit(f"bench-gateway: there is no {arguments.scrimp}; build it with: cargo build --release")
    if arguments.litellm and not os.access(Path(arguments.litellm) / "bin/litellm", os.X_OK):
        sys.exit(f"bench-gateway: no LiteLLM in {arguments.litellm}; {arguments.litellm}/bin/pip install 'litellm[proxy]'")
    return arguments


if __name__ == "__main__":
    main()
