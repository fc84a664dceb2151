"""Many connections: idle ones, and streams, all at once."""

import asyncio
import contextlib
import multiprocessing
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from bench_gateway.cores import cpu_seconds
from bench_gateway.servers import KEY
from bench_gateway.single import percentile

from . import observe, paced
from .client import Connection, Failed, request
from .gateway import gateway, mock
from .observe import MEBIBYTE
from .soak import latencies, state, until
from .traffic import EMBEDDINGS, Seen, Traffic, ask, problem
from .upstream import ANSWER_SECONDS, PACED_EVENT_SECONDS, PACED_EVENTS

IDLE_CONNECTIONS = 2_000
STREAMS = 512
# Who is answered at the same time, of the idle connections.
AT_ONCE = 64
SETTLE_SECONDS = 2
# From the start of the streams on, when all of them are under way.
RUNNING_SECONDS = 6
SHORT_SECONDS = 12
SHORT_REQUESTS_A_SECOND = 50
SHORT = {"repeat": 50, "new": 50}
STALL_MS = 1_000
# It ends connections without a request, too.
SERVER = "{ idle_timeout: 10m }"


def run(arguments, folder):
    with contextlib.ExitStack() as stack:
        providers = stack.enter_context(contextlib.ExitStack())
        port = providers.enter_context(mock(folder))
        tested = stack.enter_context(gateway(arguments.scrimp, folder, port, SERVER))
        time.sleep(1)
        start = state(tested)
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
            result = {"start": start, **asyncio.run(measure(tested, process))}
        calm = until(lambda: not any(observe.under_way(tested.admin).values()))
        providers.close()
        until(lambda: observe.descriptors(tested.pid) <= start["descriptors"])
        result |= {"end": state(tested), "log": observe.log_messages(tested.log)}
    result["failures"] = failures(result, calm)
    return result


async def measure(tested, process):
    seen = Seen()
    traffic = Traffic(tested.port, SHORT)
    await warm_up(traffic, seen)
    base = await anonymous(tested)

    idle, problems = await open_idle(tested.port)
    with_idle = await anonymous(tested)

    cpu, began = cpu_seconds(tested.pid), time.monotonic()
    streaming = asyncio.get_running_loop().run_in_executor(process, paced.load, tested.port, STREAMS)
    await asyncio.sleep(RUNNING_SECONDS)
    running = observe.metrics(tested.admin)["in_flight"]
    with_streams = observe.memory(tested.pid)["anonymous"]
    descriptors = observe.descriptors(tested.pid)
    await traffic.run(SHORT_REQUESTS_A_SECOND, SHORT_SECONDS, lambda: seen)
    streams = await streaming
    cores = (cpu_seconds(tested.pid) - cpu) / (time.monotonic() - began)

    problems += await ask_all(idle)
    for connection in idle:
        connection.close()
    traffic.client.close()
    return {
        "idle_connections": len(idle), "idle_problems": dict(problems), "streams": summary(streams),
        "in_flight_with_streams": int(running), "descriptors_with_streams": descriptors, "cores": round(cores, 2),
        "short": latencies(seen.latency), "short_problems": dict(seen.errors),
        "base_mib": round(base / MEBIBYTE, 1), "with_idle_mib": round(with_idle / MEBIBYTE, 1),
        "with_streams_mib": round(with_streams / MEBIBYTE, 1),
        "kib_an_idle_connection": round((with_idle - base) / 1024 / IDLE_CONNECTIONS, 1),
        "kib_a_stream": round((with_streams - with_idle) / 1024 / STREAMS, 1),
    }


async def warm_up(traffic, seen):
    """The embedding model gets its memory for many texts at once before any is counted."""
    texts = [ask(number) for number in range(STREAMS)]
    await traffic.client.ask(request(EMBEDDINGS, {"model": "local", "input": texts}, KEY))
    await traffic.run(SHORT_REQUESTS_A_SECOND, SETTLE_SECONDS, lambda: seen)


async def anonymous(tested):
    await asyncio.sleep(SETTLE_SECONDS)
    return observe.memory(tested.pid)["anonymous"]


async def open_idle(port):
    """Connections over which one request was answered."""
    loop = asyncio.get_running_loop()
    idle = []
    for _ in range(IDLE_CONNECTIONS):
        idle.append((await loop.create_connection(Connection, "127.0.0.1", port))[1])
    return idle, await ask_all(idle)


async def ask_all(connections):
    """What went wrong, and how often."""
    asked = request(*Traffic(0).question("repeat", 0)[:2], KEY)
    places = asyncio.Semaphore(AT_ONCE)

    async def one(connection):
        async with places:
            if connection.end_seen:
                return "an idle connection was closed"
            try:
                return problem("repeat", 0, await connection.ask(asked))
            except Failed as failure:
                return str(failure)

    return Counter(filter(None, await asyncio.gather(*map(one, connections))))


def summary(streams):
    whole = [stream for stream in streams if not stream["problem"]]
    result = {"asked": len(streams), "whole": len(whole),
              "problems": dict(Counter(stream["problem"] for stream in streams if stream["problem"]))}
    for key in ("first", "gap", "written_gap", "late"):
        values = [stream[key] for stream in whole] or [0]
        result[f"{key}_ms"] = {name: round(percentile(values, share), 1) for name, share in
                               (("p50", 50), ("p99", 99), ("max", 100))}
    return result


def failures(result, calm):
    start, end, streams = result["start"], result["end"], result["streams"]
    found = [f"{count} × {name}" for part in (streams["problems"], result["idle_problems"], result["short_problems"])
             for name, count in part.items()]
    if streams["late_ms"]["max"] > STALL_MS:
        found.append(f"a token came {streams['late_ms']['max']} ms after it was written")
    if not calm or end["in_flight"] or end["target_in_flight"]:
        found.append(f"in flight at the end: {end['in_flight']} of callers, {end['target_in_flight']} at targets")
    if end["descriptors"] > start["descriptors"]:
        found.append(f"{end['descriptors']} file descriptors are open, {start['descriptors']} were at the start")
    return found


def show(result):
    streams = result["streams"]
    print(f"{result['idle_connections']} idle connections, and {streams['whole']} of {streams['asked']} streams whole,"
          f" each of {PACED_EVENTS} events, one every {PACED_EVENT_SECONDS * 1e3:g} ms;"
          f" {result['cores']} cores used meanwhile")
    print(f"\n{'ms':54}{'p50':>9}{'p99':>9}{'max':>9}")
    rows = {
        f"first token of a stream (written after {PACED_EVENT_SECONDS * 1e3:g} ms)": streams["first_ms"],
        "largest gap between two tokens of a stream": streams["gap_ms"],
        "the same when the mock wrote them": streams["written_gap_ms"],
        "latest token of a stream, since its writing": streams["late_ms"],
        "meanwhile, an exact repeat": result["short"].get("repeat"),
        f"meanwhile, a new question (the mock takes {ANSWER_SECONDS * 1e3:g} ms)": result["short"].get("new"),
    }
    for name, values in rows.items():
        if values:
            print(f"{name:54}{values['p50']:>9.1f}{values['p99']:>9.1f}{values['max']:>9.1f}")
    print(f"\nanonymous memory: {result['base_mib']} MiB, {result['with_idle_mib']} with the idle connections"
          f" ({result['kib_an_idle_connection']} KiB each), {result['with_streams_mib']} with the streams as well"
          f" ({result['kib_a_stream']} KiB each)")
    start, end = result["start"], result["end"]
    print(f"file descriptors: {start['descriptors']} at the start, {result['descriptors_with_streams']} with all of it,"
          f" {end['descriptors']} at the end; in flight: {result['in_flight_with_streams']}, at the end {end['in_flight']}")
