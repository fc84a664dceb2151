"""Single requests, one after the other: what a hit takes, and the gateway's own share of it."""

import http.client
import itertools
import json
import statistics
import sys
import time

from .servers import KEY, MODEL, PATH

EXACT_REQUESTS = 2_000
SYSTEM = "You are the help desk of a shop. Answer briefly, and only from what the shop's terms say."
# With a greeting and an ending most rewordings have 16 tokens, those that mark the ends of a text included.
QUESTION = "How do I reset the password of my shop account?"
OPENINGS = ["How do I", "How can I", "How could I", "How would I", "How should I"]
GREETINGS = ["", "Hi, ", "Hello, ", "Hey, ", "Please: ", "So, ", "Well, ", "Ok, "]
ENDINGS = ["?", " please?", ", thanks", ", thank you", " now?"]


def body(question=QUESTION, model=MODEL, **more):
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}]
    return json.dumps({"model": model, "messages": messages, **more})


class Client:
    """One connection that is kept open."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port)

    def post(self, path, text):
        """The response's headers, its body, and the time to its end in microseconds."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"}
        start = time.perf_counter()
        self.connection.request("POST", path, text, headers)
        response = self.connection.getresponse()
        answer = response.read()
        took = (time.perf_counter() - start) * 1e6
        if response.status != 200:
            sys.exit(f"bench-gateway: status {response.status}: {answer.decode()}")
        return response.headers, answer, took


def expect(server, outcome):
    headers, _, _ = Client(server.port).post(PATH, body())
    if headers["x-scrimp-cache"] != outcome:
        sys.exit(f"bench-gateway: expected the outcome {outcome}, got {headers['x-scrimp-cache']}")


def exact_hits(server):
    client, text = Client(server.port), body()
    answers = [client.post(PATH, text) for _ in range(EXACT_REQUESTS)]
    return timing([answer for answer in answers if answer[0]["x-scrimp-cache"] == "exact"], len(answers))


def semantic_hits(server):
    """Every question is new, so each is embedded."""
    client = Client(server.port)
    rest = QUESTION.removeprefix(OPENINGS[0]).removesuffix("?")
    parts = itertools.product(GREETINGS, OPENINGS, ENDINGS)
    questions = [greeting + opening + rest + ending for greeting, opening, ending in parts]
    questions.remove(QUESTION)
    answers = [client.post(PATH, body(question)) for question in questions]
    hits = [(question, answer) for question, answer in zip(questions, answers) if answer[0]["x-scrimp-cache"] == "semantic"]
    # Other texts with as many tokens, which have not been embedded yet.
    alone = [embedding(client, question.replace("reset", "change")) for question, _ in hits] or [(0, 0)]
    lengths, own = zip(*alone)
    return {
        **timing([answer for _, answer in hits], len(questions)), "median_tokens": statistics.median(lengths),
        "embedding_alone_p50_us": statistics.median(own),
    }


def embedding(client, text):
    """How many tokens a text has, and the gateway's own share, in microseconds, of embedding it."""
    headers, answer, _ = client.post("/v1/embeddings", json.dumps({"model": "local", "input": text}))
    return json.loads(answer)["usage"]["prompt_tokens"], int(headers["x-scrimp-overhead-us"])


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
