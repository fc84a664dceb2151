"""Mixed traffic for a long time: does memory grow, does anything stay open, is every answer right?"""

import asyncio
import contextlib
import statistics
import sys
import time

from bench_gateway.cores import cpu_seconds
from bench_gateway.single import percentile

from . import observe
from .gateway import gateway, mock
from .observe import MEBIBYTE
from .traffic import Seen, Traffic

RECORD_SECONDS = 60
# Of a short run.
LEAST_RECORDS = 8
SAMPLE_SECONDS = 1
# For requests under way to end, and connections to be closed, once the load has stopped.
QUIET_SECONDS = 30
MOST_GROWTH, LEAST_GROWTH_BYTES = 0.05, 8 * MEBIBYTE
# Until then the gateway still fills what it holds of the latest requests.
WARM_UP_REQUESTS = 60_000
# The share of the hits by meaning that may be wrong, as `cache.max_wrong` is by default.
MOST_WRONG = 0.01


def run(arguments, folder):
    with contextlib.ExitStack() as stack:
        providers = stack.enter_context(contextlib.ExitStack())
        port = providers.enter_context(mock(folder))
        tested = stack.enter_context(gateway(arguments.scrimp, folder, port))
        time.sleep(1)
        start = state(tested)
        soak = Soak(tested, arguments.rate, arguments.minutes * 60)
        asyncio.run(soak.load())
        calm = until(lambda: not any(observe.under_way(tested.admin).values()))
        # Takes the connections with it that the gateway keeps open to its provider.
        providers.close()
        until(lambda: observe.descriptors(tested.pid) <= start["descriptors"])
        end = state(tested)
        result = {"minutes": arguments.minutes, "rate": arguments.rate, "start": start, "end": end,
                  "records": soak.records, "kinds": soak.kinds(), "outcomes": soak.outcomes(), "errors": soak.errors(),
                  "wrong_hits": [hit for seen in soak.all for hit in seen.wrong_hits],
                  "memory_samples": [[round(seconds, 1), size] for seconds, size in soak.memory],
                  "memory": growth(soak.memory, arguments.rate), "log": observe.log_messages(tested.log)}
    result["failures"] = failures(result, calm)
    return result


def state(tested):
    return {**observe.memory(tested.pid), "descriptors": observe.descriptors(tested.pid), **observe.under_way(tested.admin)}


def until(condition):
    """Whether it came true in time."""
    end = time.monotonic() + QUIET_SECONDS
    while not (met := condition()) and time.monotonic() < end:
        time.sleep(0.5)
    return met


class Soak:
    """One run: the load, and what is seen meanwhile."""

    def __init__(self, tested, rate, seconds):
        self.tested, self.rate, self.seconds = tested, rate, seconds
        self.records, self.memory, self.all = [], [], [Seen()]

    async def load(self):
        traffic = Traffic(self.tested.port)
        loop = asyncio.get_running_loop()
        start = loop.time()
        watching = asyncio.create_task(self.watch(start, traffic))
        running = asyncio.create_task(traffic.run(self.rate, self.seconds, lambda: self.all[-1]))
        await asyncio.wait({running, watching}, return_when=asyncio.FIRST_COMPLETED)
        if watching.done():
            log = self.tested.log.read_text(errors="replace")[-4000:]
            sys.exit(f"soak: the gateway cannot be watched any more: {watching.exception()!r}\n{log}")
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        await self.record(loop.time() - start, traffic)
        traffic.client.close()

    async def watch(self, start, traffic):
        loop = asyncio.get_running_loop()
        interval = min(RECORD_SECONDS, self.seconds / LEAST_RECORDS)
        while True:
            await asyncio.sleep(SAMPLE_SECONDS)
            elapsed = loop.time() - start
            self.memory.append((elapsed, observe.memory(self.tested.pid)["anonymous"]))
            # The last one is of the end.
            if elapsed >= interval * (len(self.records) + 1) and elapsed < self.seconds - interval / 2:
                await self.record(elapsed, traffic)

    async def record(self, elapsed, traffic):
        seen, tested = self.all[-1], self.tested
        self.all.append(Seen())
        metrics = await asyncio.to_thread(observe.metrics, tested.admin)
        before = self.records[-1] if self.records else {"seconds": 0, "cpu_seconds": 0, "sent": 0}
        anonymous = [size for at, size in self.memory if at > before["seconds"]]
        now = observe.memory(tested.pid)
        entry = {
            "seconds": round(elapsed, 1), "sent": traffic.sent, "under_way": len(traffic.under_way),
            "answered": sum(map(len, seen.latency.values())), "errors": dict(seen.errors),
            "rate": round((traffic.sent - before["sent"]) / (elapsed - before["seconds"]), 1),
            "resident_mib": round(now["resident"] / MEBIBYTE, 1), "threads": now["threads"],
            "anonymous_mib": round(statistics.median(anonymous or [now["anonymous"]]) / MEBIBYTE, 1),
            "descriptors": observe.descriptors(tested.pid), "in_flight": int(metrics["in_flight"]),
            "cache_entries": int(metrics["cache_entries"]), "cache_mib": round(metrics["cache_bytes"] / MEBIBYTE, 2),
            "partitions": int(metrics["cache_partitions"]), "stored": int(metrics["cache_stored_total"]),
            "wrong_hits": len(seen.wrong_hits), "ledger_mib": round(observe.ledger_bytes(tested.ledger) / MEBIBYTE, 2),
            "cpu_seconds": round(cpu_seconds(tested.pid), 2), "latency_ms": latencies(seen.latency),
        }
        self.records.append(entry)
        show_record(entry, heading=len(self.records) % 20 == 1)

    def kinds(self):
        together = {kind: [] for kind in self.all[0].latency}
        for seen in self.all:
            for kind, values in seen.latency.items():
                together[kind] += values
        return latencies(together)

    def outcomes(self):
        counts = {}
        for seen in self.all:
            for (kind, outcome), count in seen.outcomes.items():
                of_kind = counts.setdefault(kind, {})
                of_kind[outcome] = of_kind.get(outcome, 0) + count
        return counts

    def errors(self):
        """How often each came, and what came with the first of them."""
        found = {}
        for seen in self.all:
            for error, count in seen.errors.items():
                found.setdefault(error, {"count": 0, "example": seen.example[error]})["count"] += count
        return found


def latencies(by_kind):
    return {kind: {"count": len(values), "p50": ms(values, 50), "p99": ms(values, 99), "max": ms(values, 100)}
            for kind, values in by_kind.items() if values}


def ms(values, share):
    return round(percentile(values, share) * 1e3, 2)


def growth(samples, rate):
    """Anonymous memory at the quarters, and by how much a line through the second half of the run rises."""
    last = samples[-1][0]
    near = max(5, last / 100)
    at = lambda share: statistics.median(size for seconds, size in samples if abs(seconds - share * last) <= near)
    second_half = [(seconds, size) for seconds, size in samples if seconds >= last / 2]
    slope, middle = line(second_half)
    return {
        **{f"at_{name}_mib": round(at(share) / MEBIBYTE, 1)
           for name, share in (("1/4", 0.25), ("1/2", 0.5), ("3/4", 0.75), ("end", 1))},
        "judged": rate * last / 2 >= WARM_UP_REQUESTS * 0.99,
        "mib_per_hour": round(slope * 3600 / MEBIBYTE, 2),
        "grown_mib": round(slope * last / 2 / MEBIBYTE, 2),
        "allowed_mib": round(max(MOST_GROWTH * middle, LEAST_GROWTH_BYTES) / MEBIBYTE, 2),
    }


def line(points):
    """Slope and mean of the line that fits best."""
    times, sizes = zip(*points)
    mean_time, mean_size = statistics.fmean(times), statistics.fmean(sizes)
    spread = sum((time - mean_time) ** 2 for time in times)
    return sum((time - mean_time) * (size - mean_size) for time, size in points) / (spread or 1), mean_size


def failures(result, calm):
    start, end, memory = result["start"], result["end"], result["memory"]
    found = [f"{error['count']} × {name}" for name, error in result["errors"].items()]
    if len(result["wrong_hits"]) > MOST_WRONG * semantic_hits(result):
        found.append(f"{len(result['wrong_hits'])} of {semantic_hits(result)} hits by meaning were wrong")
    if not calm:
        found.append(f"{QUIET_SECONDS} s after the load requests are still under way")
    if end["in_flight"] or end["target_in_flight"]:
        found.append(f"in flight at the end: {end['in_flight']} of callers, {end['target_in_flight']} at targets")
    if end["descriptors"] > start["descriptors"]:
        found.append(f"{end['descriptors']} file descriptors are open, {start['descriptors']} were at the start")
    if memory["judged"] and memory["grown_mib"] > memory["allowed_mib"]:
        found.append(f"anonymous memory grew by {memory['grown_mib']} MiB over the second half")
    return found


def semantic_hits(result):
    return sum(outcomes.get("semantic", 0) for outcomes in result["outcomes"].values())


# --- what is printed ---------------------------------------------------------------------------------------------------

COLUMNS = {
    "minute": 7, "sent/s": 8, "errors": 7, "resident": 9, "anonymous": 10, "fds": 5, "threads": 8, "in flight": 10,
    "entries": 8, "ledger": 8, "CPU s": 8, "repeat": 16, "new": 16, "stream": 16,
}


def show_record(entry, heading):
    if heading:
        print("".join(f"{name:>{width}}" for name, width in COLUMNS.items()))
    both = lambda kind: "{p50:.1f} / {p99:.1f}".format(**entry["latency_ms"].get(kind, {"p50": 0, "p99": 0}))
    cells = (f"{entry['seconds'] / 60:.1f}", entry["rate"], sum(entry["errors"].values()), entry["resident_mib"],
             entry["anonymous_mib"], entry["descriptors"], entry["threads"], entry["in_flight"], entry["cache_entries"],
             entry["ledger_mib"], f"{entry['cpu_seconds']:.1f}", both("repeat"), both("new"), both("stream"))
    print("".join(f"{cell:>{width}}" for cell, width in zip(cells, COLUMNS.values())))
    for error, count in entry["errors"].items():
        print(f"    {count} × {error}")
    sys.stdout.flush()


def show(result):
    print("memory and ledger in MiB; repeat, new: p50 / p99 to the end in ms, stream: to the first event")
    print(f"\n{'':18}{'requests':>9}{'p50, ms':>9}{'p99, ms':>9}{'max, ms':>10}  cache outcome, or status")
    for kind, values in result["kinds"].items():
        outcomes = ", ".join(f"{outcome} {count}" for outcome, count in sorted(result["outcomes"][kind].items()))
        print(f"{kind:18}{values['count']:>9}{values['p50']:>9}{values['p99']:>9}{values['max']:>10}  {outcomes}")
    print(f"\nof {semantic_hits(result)} hits by meaning {len(result['wrong_hits'])} had the answer to another question")
    memory, start, end = result["memory"], result["start"], result["end"]
    quarters = ", ".join(f"{memory[f'at_{name}_mib']} at {name}" for name in ("1/4", "1/2", "3/4", "end"))
    print(f"anonymous memory: {start['anonymous'] / MEBIBYTE:.1f} MiB before the load, {quarters};"
          f" over the second half {memory['mib_per_hour']:+} MiB an hour"
          f"{'' if memory['judged'] else ', which is not judged: too few requests came before it'}")
    print(f"file descriptors: {start['descriptors']} before the load, {end['descriptors']} after it; in flight after it:"
          f" {end['in_flight']} of callers, {end['target_in_flight']} at targets")
