"""What is asked, how often, and which answers are right."""

import asyncio
import itertools
import json
import random
from collections import Counter
from dataclasses import dataclass, field

from bench_gateway.servers import KEY, PATH
from bench_gateway.single import ENDINGS, GREETINGS, OPENINGS, SYSTEM

from . import upstream
from .client import Client, Failed, request

KEYS = (KEY, "sk-soak-key-0123456789")
EMBEDDINGS = "/v1/embeddings"
# Questions that are asked again and again.
STOCK = 100
# Requests of which each thousand shares a name that divides the cache, so that parts of it come and go.
REQUESTS_A_SCOPE = 1_000
# They come again: what is learnt in a scope is kept for it, which would look like a leak.
SCOPES = 20
FRESH_SHARE = 0.2
LEAVE_AFTER_EVENTS = 8
# More at once means that the gateway has fallen behind for good.
MOST_UNDER_WAY = 2_000

VERBS = ["reset", "update", "replace", "clean", "calibrate", "install", "remove", "order", "test", "repair"]
PARTS = ["password", "battery", "screen", "filter", "cable", "sensor", "manual", "warranty", "firmware", "handle", "motor"]

# Of a hundred requests.
SHARES = {
    "repeat": 24, "reworded": 12, "new": 18, "scoped": 4, "routed": 5, "stream": 8, "stream repeat": 6, "cancelled": 6,
    "failing": 3, "limiting": 3, "breaking": 2, "embeddings": 6, "local embeddings": 3,
}
STATUS = {"failing": 500, "limiting": 429}
# Not an error by itself: the error budget allows for a share of them.
WRONG_HIT = "a hit by meaning with the answer to another question"


@dataclass
class Seen:
    """What has come of the requests, by kind."""

    latency: dict = field(default_factory=lambda: {kind: [] for kind in SHARES})
    errors: Counter = field(default_factory=Counter)
    outcomes: Counter = field(default_factory=Counter)
    example: dict = field(default_factory=dict)
    wrong_hits: list = field(default_factory=list)

    def note(self, kind, reply):
        """Streams count with the time to their first event, everything else with that to the end."""
        self.latency[kind].append(reply.first_seconds if is_stream(kind) else reply.seconds)
        self.outcomes[kind, reply.headers.get("x-scrimp-cache", "none") if reply.status == 200 else str(reply.status)] += 1

    def fail(self, kind, why, text=""):
        self.errors[f"{kind}: {why}"] += 1
        self.example.setdefault(f"{kind}: {why}", text)


class Traffic:
    """Requests at a fixed rate, whether or not those before have been answered."""

    def __init__(self, port, shares=SHARES):
        self.client = Client(port)
        self.shares = shares
        self.chance = random.Random(1)
        self.fresh_numbers = itertools.count(STOCK)
        self.sent = 0
        self.under_way = set()

    async def run(self, rate, seconds, seen):
        """`seen()` is where to note what comes."""
        loop = asyncio.get_running_loop()
        start, sent_before = loop.time(), self.sent
        while (due := start + (self.sent - sent_before) / rate) < start + seconds:
            await asyncio.sleep(due - loop.time())
            (kind,) = self.chance.choices(list(self.shares), self.shares.values())
            self.sent += 1
            if len(self.under_way) >= MOST_UNDER_WAY:
                seen().fail(kind, "not sent, for too many wait for an answer")
                continue
            task = asyncio.create_task(self.one(kind, seen))
            self.under_way.add(task)
            task.add_done_callback(self.under_way.discard)
        if self.under_way:
            await asyncio.wait(self.under_way)

    async def one(self, kind, seen):
        from_stock = kind in ("repeat", "reworded", "stream repeat")
        number = self.chance.randrange(STOCK) if from_stock else next(self.fresh_numbers)
        path, body, headers = self.question(kind, number)
        asked = request(path, body, self.chance.choice(KEYS), headers)
        fresh = self.chance.random() < FRESH_SHARE
        try:
            reply = await self.client.ask(asked, fresh, LEAVE_AFTER_EVENTS if kind == "cancelled" else None)
        except Failed as failure:
            seen().fail(kind, str(failure))
            return
        seen().note(kind, reply)
        try:
            why = problem(kind, number, reply)
        except (ValueError, LookupError, TypeError) as error:
            why = f"a body that cannot be read: {error!r}"
        if why == WRONG_HIT:
            headers = {name: reply.headers.get(f"x-scrimp-{name}") for name in ("similarity", "confidence")}
            seen().wrong_hits.append({"asked": body["messages"][-1]["content"], "got": said(kind, reply)[0], **headers})
        elif why:
            seen().fail(kind, why, f"asked: {json.dumps(body)}\ngot: {reply.body[:300].decode(errors='replace')}")

    def question(self, kind, number):
        text = ask(number)
        if kind == "reworded":
            text = ask(number, *(self.chance.choice(some) for some in (GREETINGS, OPENINGS, ENDINGS)))
        if kind == "embeddings":
            # One that is new, and one that has been asked before.
            return EMBEDDINGS, {"model": "mock/vectors", "input": [text, ask(number % STOCK)]}, {}
        if kind == "local embeddings":
            return EMBEDDINGS, {"model": "local", "input": text}, {}
        model = {"failing": "mock/failing", "limiting": "mock/limiting", "breaking": "mock/breaking", "routed": "auto"}
        body = {"model": model.get(kind, "mock/answers"),
                "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": text}]}
        if is_stream(kind):
            body["stream"] = True
        headers = {"x-scrimp-scope": f"part-{self.sent // REQUESTS_A_SCOPE % SCOPES}", "x-scrimp-tags": "soak"}
        return PATH, body, headers if kind == "scoped" else {}


def ask(number, greeting="", opening=OPENINGS[0], ending="?"):
    verb, part = VERBS[number % len(VERBS)], PARTS[number % len(PARTS)]
    return f"{greeting}{opening} {verb} the {part} of device number {number}{ending}"


def is_stream(kind):
    return kind in ("stream", "stream repeat", "cancelled", "breaking")


def problem(kind, number, reply):
    """Why this is not the right answer to a request of this kind; none when it is."""
    if kind in ("failing", "breaking") and reply.status == 503 and b"upstream_unavailable" in reply.body:
        # The breaker is open.
        return None
    if reply.status != STATUS.get(kind, 200):
        return f"status {reply.status}"
    if kind in STATUS or kind == "cancelled":
        return None
    if kind in ("embeddings", "local embeddings"):
        wanted = 2 if kind == "embeddings" else 1
        return None if len(json.loads(reply.body)["data"]) == wanted else "not a vector for each text"
    if kind == "breaking":
        return None if b"upstream_stream_broken" in reply.body else "no error in the broken stream"
    if is_stream(kind) and not reply.body.rstrip().endswith(b"data: [DONE]"):
        return "a stream without its end"
    words = said(kind, reply)
    if words == upstream.words(number):
        return None
    if words[:1] == [upstream.beginning(number)]:
        return "half an answer"
    outcome = reply.headers.get("x-scrimp-cache")
    return WRONG_HIT if outcome == "semantic" else f"an answer to another question, cache outcome {outcome}"


def said(kind, reply):
    """The words of the answer."""
    return (spoken(reply.body) if is_stream(kind) else json.loads(reply.body)["choices"][0]["message"]["content"]).split()


def spoken(events):
    data = (line[len(b"data: "):] for line in events.split(b"\n") if line.startswith(b"data: {"))
    choices = (choice for chunk in data for choice in json.loads(chunk).get("choices", []))
    return "".join(choice["delta"].get("content") or "" for choice in choices)
