#!/usr/bin/env python3
"""Measures what Scrimp adds to a request, side by side with a plain nginx proxy, in one run on one machine.

    scripts/bench-gateway.py [--rounds N] [--seconds S] [--json FILE]

A mock provider (nginx that returns one fixed chat completion) is asked directly, through nginx as a plain proxy, through
Scrimp without its cache, and through Scrimp as exact hits. Rounds are interleaved, so that a change of the machine's
speed meets all of them. Then single requests measure the gateway's own share of exact hits, and rewordings that are hits
by meaning. The load generator, the mock and the gateway share all cores.

Needs nginx and wrk (`apt-get install -y nginx-light wrk`), and a release build; SCRIMP names another binary.
"""

import argparse
import contextlib
import http.client
import itertools
import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONNECTIONS = 32
EXACT_REQUESTS = 2_000
WARM_UP_SECONDS = 1
START_SECONDS = 60
PATH = "/v1/chat/completions"
SYSTEM = "You are the help desk of a shop. Answer briefly, and only from what the shop's terms say."
# With a greeting and an ending most rewordings have 16 tokens, those that mark the ends of a text included.
QUESTION = "How do I reset the password of my shop account?"
OPENINGS = ["How do I", "How can I", "How could I", "How would I", "How should I"]
GREETINGS = ["", "Hi, ", "Hello, ", "Hey, ", "Please: ", "So, ", "Well, ", "Ok, "]
ENDINGS = ["?", " please?", ", thanks", ", thank you", " now?"]


def main():
    arguments = parse()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scrimp-bench-")))
        folder.chmod(0o755)
        mock, proxy, bare, cached = ports = free_ports(4)
        stack.enter_context(nginx(folder / "mock", mock_config(mock)))
        stack.enter_context(nginx(folder / "proxy", proxy_config(proxy, mock)))
        without_cache = "cache: { enabled: false }"
        stack.enter_context(scrimp(arguments.scrimp, folder / "bare.yaml", bare, mock, without_cache))
        cache = "cache: { ttl: 24h, learn: false }"
        memory = stack.enter_context(scrimp(arguments.scrimp, folder / "cached.yaml", cached, mock, cache))
        variants = dict(zip(["direct", "nginx", "scrimp", "scrimp exact hit"], ports))
        expect(bare, "bypass")
        expect(cached, "miss")
        expect(cached, "exact")

        result = {"machine": machine(), "rounds": arguments.rounds, "seconds": arguments.seconds}
        result["proxy"] = rounds(arguments, folder, variants)
        result["exact"] = exact_hits(cached)
        result["semantic"] = semantic_hits(cached)
        result["resident_mib"] = round(memory() / 2**20, 1)
    show(result)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(result, indent=2) + "\n")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="rounds over all variants (default 5)")
    parser.add_argument("--seconds", type=float, default=4, help="of load a variant and round (default 4)")
    parser.add_argument("--json", metavar="FILE", help="write the result there as well")
    arguments = parser.parse_args()
    arguments.scrimp = Path(os.environ.get("SCRIMP", ROOT / "target/release/scrimp"))
    for tool in ("nginx", "wrk"):
        if shutil.which(tool) is None:
            sys.exit(f"bench-gateway: {tool} is not installed; on Debian: apt-get install -y nginx-light wrk")
    if not os.access(arguments.scrimp, os.X_OK):
        sys.exit(f"bench-gateway: there is no {arguments.scrimp}; build it with: cargo build --release")
    return arguments


# --- the servers -------------------------------------------------------------------------------------------------------


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for bound in sockets:
            bound.bind(("127.0.0.1", 0))
        return [bound.getsockname()[1] for bound in sockets]


def mock_config(port):
    answer = {
        "id": "chatcmpl-0123456789abcdef", "object": "chat.completion", "created": 1760000000, "model": "mock",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": ("word " * 140).strip()},
                     "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 40, "completion_tokens": 140, "total_tokens": 180},
    }
    location = f"location = {PATH} {{ default_type application/json; return 200 '{json.dumps(answer)}'; }}"
    return f"server {{ listen 127.0.0.1:{port}; {location} }}"


def proxy_config(port, upstream):
    return f"""
    upstream mock {{ server 127.0.0.1:{upstream}; keepalive 64; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_pass http://mock; proxy_http_version 1.1; proxy_set_header Connection ""; }}
    }}"""


@contextlib.contextmanager
def nginx(folder, servers):
    folder.mkdir()
    user = "user root;" if os.geteuid() == 0 else ""
    temporary = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{name}_temp_path {folder}/{name};" for name in temporary)
    (folder / "nginx.conf").write_text(f"""
daemon off; {user} worker_processes 1; pid {folder}/pid; error_log {folder}/error.log crit;
events {{ worker_connections 1024; }}
http {{ access_log off; tcp_nodelay on; keepalive_requests 1000000000; {paths} {servers} }}""")
    arguments = ["nginx", "-p", str(folder), "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"]
    with running(arguments):
        yield


@contextlib.contextmanager
def scrimp(binary, config, port, upstream, cache):
    """Yields a function that tells its resident memory, bytes."""
    config.write_text(f"""
listen: 127.0.0.1:{port}
admin: off
providers: {{ mock: {{ base_url: "http://127.0.0.1:{upstream}/v1", api_key: mock-api-key }} }}
{cache}
""")
    environment = {**os.environ, "RUST_LOG": "warn"}
    with running([str(binary), "serve", "--config", str(config)], environment) as process:
        wait_for(process, port)
        yield lambda: resident(process.pid)


@contextlib.contextmanager
def running(arguments, environment=None):
    process = subprocess.Popen(arguments, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(process, port):
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    sys.exit(f"bench-gateway: {process.args[0]} did not start on port {port}")


def resident(pid):
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


# --- load by wrk -------------------------------------------------------------------------------------------------------

LUA = """
wrk.method = "POST"
wrk.path = "%s"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer bench-key"
wrk.body = [==[%s]==]
function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("RESULT %%d %%d %%.1f %%d\\n", latency:percentile(50), latency:percentile(99),
    summary.requests / (summary.duration / 1e6), failed))
end
"""


def rounds(arguments, folder, variants):
    """Medians over the rounds, by variant."""
    script = folder / "load.lua"
    script.write_text(LUA % (PATH, body(QUESTION)))
    load = lambda port, connections, seconds: wrk(script, port, connections, seconds)
    for port in variants.values():
        load(port, CONNECTIONS, WARM_UP_SECONDS)
    seen = {name: {"p50_us": [], "p99_us": [], "requests_per_second": []} for name in variants}
    names = list(variants)
    for number in range(arguments.rounds):
        # Each variant comes first in its turn.
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            p50, p99, _ = load(variants[name], 1, arguments.seconds)
            _, _, rate = load(variants[name], CONNECTIONS, arguments.seconds)
            for key, value in zip(seen[name], (p50, p99, rate)):
                seen[name][key].append(value)
        print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr)
    median = {name: {key: statistics.median(all) for key, all in keys.items()} for name, keys in seen.items()}
    for name, keys in median.items():
        keys["added_p50_us"] = keys["p50_us"] - median["direct"]["p50_us"]
        keys["throughput_to_nginx"] = round(keys["requests_per_second"] / median["nginx"]["requests_per_second"], 3)
        keys["rounds"] = seen[name]
    return median


def wrk(script, port, connections, seconds):
    duration = f"{max(1, round(seconds))}s"
    arguments = ["wrk", "-t1", f"-c{connections}", f"-d{duration}", "-s", str(script), f"http://127.0.0.1:{port}"]
    output = subprocess.run(arguments, check=True, capture_output=True, text=True).stdout
    fields = next(line for line in output.splitlines() if line.startswith("RESULT")).split()
    p50, p99, rate, failed = int(fields[1]), int(fields[2]), float(fields[3]), int(fields[4])
    if failed:
        sys.exit(f"bench-gateway: {failed} requests to port {port} failed:\n{output}")
    return p50, p99, rate


# --- single requests ---------------------------------------------------------------------------------------------------


def body(question):
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}]
    return json.dumps({"model": "mock/mock", "messages": messages})


class Client:
    """One connection that is kept open."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port)

    def post(self, path, text):
        """The response's headers, its body, and the time to its end in microseconds."""
        headers = {"Content-Type": "application/json", "Authorization": "Bearer bench-key"}
        start = time.perf_counter()
        self.connection.request("POST", path, text, headers)
        response = self.connection.getresponse()
        answer = response.read()
        took = (time.perf_counter() - start) * 1e6
        if response.status != 200:
            sys.exit(f"bench-gateway: status {response.status}: {answer.decode()}")
        return response.headers, answer, took


def expect(port, outcome):
    headers, _, _ = Client(port).post(PATH, body(QUESTION))
    if headers["x-scrimp-cache"] != outcome:
        sys.exit(f"bench-gateway: expected the outcome {outcome}, got {headers['x-scrimp-cache']}")


def exact_hits(port):
    client, text = Client(port), body(QUESTION)
    answers = [client.post(PATH, text) for _ in range(EXACT_REQUESTS)]
    return timing([answer for answer in answers if answer[0]["x-scrimp-cache"] == "exact"], len(answers))


def semantic_hits(port):
    """Every question is new, so each is embedded."""
    client = Client(port)
    rest = QUESTION.removeprefix(OPENINGS[0]).removesuffix("?")
    parts = itertools.product(GREETINGS, OPENINGS, ENDINGS)
    questions = [greeting + opening + rest + ending for greeting, opening, ending in parts]
    questions.remove(QUESTION)
    answers = [client.post(PATH, body(question)) for question in questions]
    hits = [(question, answer) for question, answer in zip(questions, answers) if answer[0]["x-scrimp-cache"] == "semantic"]
    lengths = []
    for question, _ in hits:
        _, answer, _ = client.post("/v1/embeddings", json.dumps({"model": "local", "input": question}))
        lengths.append(json.loads(answer)["usage"]["prompt_tokens"])
    return {**timing([answer for _, answer in hits], len(questions)), "median_tokens": statistics.median(lengths or [0])}


def timing(answers, asked):
    wall = [took for _, _, took in answers]
    own = [int(headers["x-scrimp-overhead-us"]) for headers, _, _ in answers]
    if not answers:
        return {"requests": asked, "hits": 0}
    return {
        "requests": asked, "hits": len(answers),
        "p50_us": round(percentile(wall, 50)), "p99_us": round(percentile(wall, 99)),
        "own_p50_us": percentile(own, 50), "own_p99_us": percentile(own, 99),
    }


def percentile(values, share):
    """The nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]


# --- the result --------------------------------------------------------------------------------------------------------


def machine():
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.processor())
    return {"cpu": model, "cores": len(os.sched_getaffinity(0)), "load_before": round(os.getloadavg()[0], 2)}


def show(result):
    about = result["machine"]
    print(f"{about['cpu']}, {about['cores']} cores shared by load, mock and gateway; load before: {about['load_before']}")
    print(f"medians of {result['rounds']} interleaved rounds of {result['seconds']:g} s")
    print(f"\n{'':18}{'p50, us':>9}{'added':>8}{'p99, us':>9}{'requests/s':>12}{'to nginx':>10}")
    for name, row in result["proxy"].items():
        print(f"{name:18}{row['p50_us']:9.0f}{row['added_p50_us']:8.0f}{row['p99_us']:9.0f}"
              f"{row['requests_per_second']:12.0f}{row['throughput_to_nginx']:10.2f}")
    print(f"latency with 1 connection, requests/s with {CONNECTIONS}\n")
    for name in ("exact", "semantic"):
        row = result.get(name)
        if row and row["hits"]:
            tokens = f" of {row['median_tokens']:g} tokens" if "median_tokens" in row else ""
            print(f"{name} hits: {row['hits']} of {row['requests']} requests{tokens}; to the client p50 {row['p50_us']} us,"
                  f" p99 {row['p99_us']} us; the gateway's own share p50 {row['own_p50_us']} us, p99 {row['own_p99_us']} us")
    print(f"resident memory of the gateway with its cache: {result['resident_mib']} MiB")


main()
