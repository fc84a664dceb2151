"""Many streams at once: the time to their first token, and how evenly tokens come."""

import asyncio
import random
import re
import sys
import time

from .load import in_turn
from .servers import KEY, PATH
from .single import percentile
from .stream_mock import INTERVAL_SECONDS, TOKENS

STREAMS = 64
TIMEOUT_SECONDS = 120
EVENT = re.compile(rb"([rt])=(\d+);")
LAST = b"0\r\n\r\n"


def measure(arguments, servers, body):
    """Over all streams of all rounds, in milliseconds, by server: the first token after the request; a token after it
    was written; the largest gap between two events of a stream beyond the gap between their writing."""
    seen = {server.name: [] for server in servers}
    for server in in_turn("streams", arguments.rounds, servers):
        seen[server.name] += asyncio.run(load(server, body, arguments.seconds))
    result = {}
    for name, streams in seen.items():
        first, late, gap = [], [], []
        for asked, events in streams:
            delays = [(came - written) / 1e6 for _, written, came in events]
            tokens = [event for event in events if event[0] == b"t"]
            first.append((tokens[0][2] - asked) / 1e6)
            late += [(came - written) / 1e6 for _, written, came in tokens]
            gap.append(max(after - before for before, after in zip(delays, delays[1:])))
        result[name] = {"streams": len(streams)}
        for key, values in (("first_token", first), ("token", late), ("gap", gap)):
            for share in (50, 99, 100):
                result[name][f"{key}_p{share}_ms"] = round(percentile(values, share), 3)
    for keys in result.values():
        for key in ("first_token_p50_ms", "first_token_p99_ms"):
            keys[f"added_{key}"] = round(keys[key] - result["direct"][key], 3)
    return result


async def load(server, body, seconds):
    """Streams one after the other on each of many connections."""
    until = time.monotonic() + seconds
    try:
        each = (worker(server, body, until) for _ in range(STREAMS))
        found = await asyncio.wait_for(asyncio.gather(*each), seconds + TIMEOUT_SECONDS)
    except TimeoutError:
        sys.exit(f"bench-gateway: {server.name} did not end its streams within {TIMEOUT_SECONDS} s")
    return [stream for streams in found for stream in streams]


async def worker(server, body, until):
    _, reader = await asyncio.get_running_loop().create_connection(Reader, "127.0.0.1", server.port)
    request = (f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nX-Mock: streams\r\n"
               f"Authorization: Bearer {KEY}\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode()
    streams = []
    while not streams or time.monotonic() < until:
        # Not all at the same moment.
        await asyncio.sleep(random.uniform(0, INTERVAL_SECONDS))
        streams.append(await reader.ask(request))
        if problem := reader.problem():
            sys.exit(f"bench-gateway: a stream from {server.name} {problem}")
    reader.transport.close()
    return streams


class Reader(asyncio.Protocol):
    """One connection that is kept open."""

    def connection_made(self, transport):
        self.transport = transport

    def ask(self, request):
        """A future of when the request was sent, and of each event its kind, when it was written and when it came."""
        self.buffer, self.head, self.events = b"", b"", []
        self.asked = time.monotonic_ns()
        self.ended = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self.ended

    def data_received(self, data):
        now = time.monotonic_ns()
        self.head = self.head or data
        self.buffer += data
        end = 0
        for found in EVENT.finditer(self.buffer):
            self.events.append((found[1], int(found[2]), now))
            end = found.end()
        self.buffer = self.buffer[end:]
        if self.buffer.endswith(LAST) or not self.head.startswith(b"HTTP/1.1 200"):
            self.end()

    def connection_lost(self, _):
        self.end()

    def end(self):
        if not self.ended.done():
            self.ended.set_result((self.asked, self.events))

    def problem(self):
        if not self.head.startswith(b"HTTP/1.1 200"):
            return f"failed: {self.head.decode(errors='replace')}"
        tokens = sum(kind == b"t" for kind, _, _ in self.events)
        if tokens != TOKENS:
            return f"brought {tokens} tokens, not {TOKENS}"
        return None
