"""A mock provider that does what its model's name says: python3 -m soak.upstream PORT, in the folder scripts.

    answers    a whole answer, or a stream if asked for one
    paced      a long, slow stream, each event with the time it was written
    failing    500
    limiting   429, with a pause that is longer than a gateway would wait for
    breaking   a stream that breaks off half-way
    vectors    embeddings

An answer begins and ends with the number that stands in the question, so that who gets it can tell whether it is his. Its
other words differ from those of all other answers, so that whoever compares two of them learns that they are not the same.
"""

import asyncio
import base64
import itertools
import json
import random
import re
import struct
import sys

from bench_gateway.stream_mock import HEAD, READY, event, framed, role, token

NUMBER = re.compile(r"number (\d+)")
ANSWER_SECONDS = 0.02
# Lengths of answers, by the question's number.
ANSWER_WORDS = (30, 150, 600, 2_000)
SYLLABLES = ["ba", "ce", "di", "fo", "gu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "zu"]
VOCABULARY = ["".join(syllables) for syllables in itertools.product(SYLLABLES, repeat=3)]
STREAM_EVENTS = 20
STREAM_EVENT_SECONDS = 0.025
PACED_EVENTS = 200
PACED_EVENT_SECONDS = 0.1
DIMENSIONS = 256
STOP = framed("[DONE]") + b"0\r\n\r\n"


def beginning(number):
    return f"begin-{number}."


def end(number):
    return f"end-{number}."


def words(number):
    said = random.Random(number).choices(VOCABULARY, k=ANSWER_WORDS[number % len(ANSWER_WORDS)])
    return [beginning(number), *said, end(number)]


def usage(output):
    return {"prompt_tokens": 40, "completion_tokens": output, "total_tokens": 40 + output}


async def serve(reader, writer):
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line)
            text = await reader.readexactly(int(fields.get(b"content-length", 0)))
            if head.startswith(b"GET"):
                writer.write(READY)
            else:
                await answer(json.loads(text), writer)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def answer(body, writer):
    match body["model"]:
        case "vectors":
            whole(writer, vectors(body))
        case "failing":
            whole(writer, {"error": {"message": "the mock fails", "type": "server_error"}}, "500 Internal Server Error")
        case "limiting":
            error = {"error": {"message": "the mock wants a pause", "type": "rate_limit_error"}}
            whole(writer, error, "429 Too Many Requests", "Retry-After: 30\r\n")
        case "paced":
            await paced(writer)
        case model:
            await chat(body, model, writer)


async def chat(body, model, writer):
    said = words(int(NUMBER.search(body["messages"][-1]["content"])[1]))
    await asyncio.sleep(ANSWER_SECONDS)
    if body.get("stream"):
        await stream(writer, said, breaks=model == "breaking")
        return
    message = {"role": "assistant", "content": " ".join(said)}
    whole(writer, {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1760000000, "model": model, "usage": usage(len(said)),
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    })


async def stream(writer, said, breaks):
    writer.write(HEAD + event({"role": "assistant", "content": ""}))
    size = -(-len(said) // STREAM_EVENTS)
    for start in range(0, len(said), size):
        if breaks and start > len(said) / 2:
            raise ConnectionError
        writer.write(event({"content": " ".join(said[start:start + size]) + " "}))
        await writer.drain()
        await asyncio.sleep(STREAM_EVENT_SECONDS)
    writer.write(event({}, "stop", usage=usage(len(said))) + STOP)


async def paced(writer):
    loop = asyncio.get_running_loop()
    start = loop.time()
    for number in range(PACED_EVENTS):
        await asyncio.sleep(start + number * PACED_EVENT_SECONDS - loop.time())
        writer.write(token() if number else HEAD + role())
    writer.write(event({}, "stop", usage=usage(PACED_EVENTS)) + STOP)


def vectors(body):
    texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
    data = []
    for index, text in enumerate(texts):
        chance = random.Random(text)
        vector = [chance.uniform(-1, 1) for _ in range(DIMENSIONS)]
        if body.get("encoding_format") == "base64":
            vector = base64.b64encode(struct.pack(f"<{DIMENSIONS}f", *vector)).decode()
        data.append({"object": "embedding", "index": index, "embedding": vector})
    counted = {"prompt_tokens": 10 * len(texts), "total_tokens": 10 * len(texts)}
    return {"object": "list", "model": "vectors", "data": data, "usage": counted}


def whole(writer, value, status="200 OK", headers=""):
    text = json.dumps(value)
    writer.write(f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}Content-Length: {len(text)}\r\n\r\n{text}"
                 .encode())


async def main(port):
    server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
