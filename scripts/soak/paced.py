"""Many slow streams at once, in a process of their own: are they whole, and how evenly do events come?"""

import asyncio
import random

from bench_gateway.servers import KEY, PATH
from bench_gateway.streams import LAST, Reader

from .client import request
from .upstream import PACED_EVENT_SECONDS, PACED_EVENTS

SPREAD_SECONDS = 1
TIMEOUT_SECONDS = PACED_EVENTS * PACED_EVENT_SECONDS + 60


def load(port, count):
    """Of each stream what is wrong with it, and in milliseconds: its first token after the request, its largest gap between
    two tokens, the same when they were written, and how late the latest token came after its writing. The event before the
    first token, which names the role, may come together with that."""
    return asyncio.run(together(port, count))


async def together(port, count):
    return await asyncio.gather(*(one(port, number) for number in range(count)))


async def one(port, number):
    # The question is a new one each time, so that none is answered from the cache.
    messages = [{"role": "user", "content": f"Tell me story number {number}."}]
    body = {"model": "mock/paced", "stream": True, "messages": messages}
    await asyncio.sleep(random.uniform(0, SPREAD_SECONDS))
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            transport, reader = await asyncio.get_running_loop().create_connection(Reader, "127.0.0.1", port)
            asked, events = await reader.ask(request(PATH, body, KEY))
    except TimeoutError:
        return {"problem": f"a stream did not end within {TIMEOUT_SECONDS:g} s"}
    except OSError as error:
        return {"problem": f"no connection: {type(error).__name__}"}
    transport.close()
    if why := problem(reader, events):
        return {"problem": why}
    tokens = [event for event in events if event[0] == b"t"]
    came, written = [came for _, _, came in tokens], [written for _, written, _ in tokens]
    return {"problem": None, "first": (came[0] - asked) / 1e6, "gap": largest_gap(came), "written_gap": largest_gap(written),
            "late": max(after - before for before, after in zip(written, came)) / 1e6}


def problem(reader, events):
    if not reader.head.startswith(b"HTTP/1.1 200"):
        return f"a stream failed: {reader.head[:200].decode(errors='replace')}"
    if len(events) != PACED_EVENTS or b"[DONE]" not in reader.buffer or not reader.buffer.endswith(LAST):
        return f"a stream ended after {len(events)} of {PACED_EVENTS} events"
    return None


def largest_gap(times):
    return max(after - before for before, after in zip(times, times[1:])) / 1e6
