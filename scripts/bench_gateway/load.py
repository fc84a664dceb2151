"""Load of equal requests: by wrk, each connection asking again when it has been answered, and by oha at a fixed rate."""

import json
import statistics
import subprocess
import sys

from .cores import cpu_seconds
from .servers import KEY, PATH
from .single import Client

CONNECTIONS = 32
WARM_UP_SECONDS = 1
FIXED_RATE = 2_000
# A smaller share of the rate was not kept up with, by the server or by the load generator.
KEPT_UP = 0.98
# Requests under way when the time is over; all other errors of oha are failures.
UNFINISHED = "aborted due to deadline"

LUA = """
wrk.method = "POST"
wrk.path = "%s"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer %s"
wrk.body = [==[%s]==]
function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("RESULT %%d %%d %%d %%d %%d\\n", latency:percentile(50), latency:percentile(99),
    summary.requests, summary.duration, failed))
end
"""


def in_turn(what, rounds, servers):
    """Servers for all rounds; each comes first in its turn."""
    for number in range(rounds):
        shift = number % len(servers)
        yield from servers[shift:] + servers[:shift]
        print(f"{what}: round {number + 1} of {rounds}", file=sys.stderr, flush=True)


def closed(arguments, folder, servers, body):
    """Latency with 1 connection; throughput and CPU time with CONNECTIONS. Medians over the rounds, by server."""
    script = folder / "load.lua"
    script.write_text(LUA % (PATH, KEY, body))
    for server in servers:
        # The first request alone: some load half of themselves for it.
        Client(server.port).post(PATH, body)
        wrk(script, server, CONNECTIONS, WARM_UP_SECONDS)
    keys = ("p50_us", "p99_us", "requests_per_second", "cpu_us_per_request", "cores_used")
    seen = {server.name: {key: [] for key in keys} for server in servers}
    for server in in_turn("proxy", arguments.rounds, servers):
        p50, p99, _, _ = wrk(script, server, 1, arguments.seconds)
        before = cpu_seconds(server.pid)
        _, _, requests, seconds = wrk(script, server, CONNECTIONS, arguments.seconds)
        cpu = cpu_seconds(server.pid) - before
        values = (p50, p99, requests / seconds, cpu / requests * 1e6, cpu / seconds)
        for key, value in zip(keys, values):
            seen[server.name][key].append(round(value, 3))
    median = medians(seen)
    for keys in median.values():
        keys["added_p50_us"] = keys["p50_us"] - median["direct"]["p50_us"]
        keys["throughput_to_nginx"] = round(keys["requests_per_second"] / median["nginx"]["requests_per_second"], 3)
    return median


def wrk(script, server, connections, seconds):
    """p50 and p99 in microseconds, requests answered, and in which time."""
    duration = f"{max(1, round(seconds))}s"
    command = ["wrk", "-t1", f"-c{connections}", f"-d{duration}", "-s", str(script), f"http://127.0.0.1:{server.port}"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    fields = next(line for line in output.splitlines() if line.startswith("RESULT")).split()
    p50, p99, requests, duration, failed = map(int, fields[1:])
    if failed or not requests:
        sys.exit(f"bench-gateway: {failed} requests to {server.name} failed:\n{output}")
    return p50, p99, requests, duration / 1e6


def at_rates(arguments, folder, servers, body, throughput):
    """Latency at fixed rates, by rate and server, counted from when a request was due; a server that cannot keep up with
    a rate is left out of it. `throughput` is what each can do, where that is known."""
    half = [round(throughput["nginx"] / 2)] if throughput else []
    rates = arguments.rate or [FIXED_RATE, *half]
    text = folder / "body.json"
    text.write_text(body)
    result = []
    for rate in rates:
        able = [server for server in servers if throughput.get(server.name, rate) >= rate]
        keys = ("p50_us", "p99_us", "requests_per_second", "cores_used")
        seen = {server.name: {key: [] for key in keys} for server in able}
        for server in in_turn(f"{rate} requests/s", arguments.rounds, able):
            before = cpu_seconds(server.pid)
            p50, p99, answered, seconds = oha(arguments.oha, text, server, rate, arguments.seconds)
            values = (p50, p99, answered / seconds, (cpu_seconds(server.pid) - before) / seconds)
            for key, value in zip(keys, values):
                seen[server.name][key].append(round(value, 3))
        median = medians(seen)
        for keys in median.values():
            keys["kept_up"] = keys["requests_per_second"] >= KEPT_UP * rate
            for share in ("p50", "p99"):
                keys[f"added_{share}_us"] = round(keys[f"{share}_us"] - median["direct"][f"{share}_us"], 1)
        result.append({"rate": rate, "servers": median})
    return result


def oha(binary, text, server, rate, seconds):
    """p50 and p99 in microseconds, requests answered, and in which time."""
    command = [binary, "--no-tui", "--output-format", "json", "--latency-correction", "--disable-compression",
               "-z", f"{seconds:g}s", "-q", str(rate), "-c", str(CONNECTIONS), "-m", "POST", "-D", str(text),
               "-T", "application/json", "-H", f"Authorization: Bearer {KEY}", f"http://127.0.0.1:{server.port}{PATH}"]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    failed = {**result["statusCodeDistribution"], **result["errorDistribution"]}
    answered = failed.pop("200", 0)
    failed.pop(UNFINISHED, None)
    if failed or not answered:
        sys.exit(f"bench-gateway: requests to {server.name} failed: {failed}")
    latency = result["latencyPercentiles"]
    return latency["p50"] * 1e6, latency["p99"] * 1e6, answered, result["summary"]["total"]


def medians(seen):
    """Of each list, which is kept beside it."""
    return {name: {**{key: statistics.median(all) for key, all in keys.items()}, "rounds": keys}
            for name, keys in seen.items()}
