"""A mock provider of streams: python3 stream_mock.py PORT.

A stream is pairs of events, the second of a pair PAIR_SECONDS after the first, a pair every INTERVAL_SECONDS, each event
written by itself. So whoever keeps an event back until the one before it was acknowledged, which a reader may put off for
40 ms, shows it. Each event says when it was written, on a clock that other processes of this machine share: `r=` is the
event that names the role, before the first token, `t=` is a token.
"""

import asyncio
import json
import sys
import time

PAIRS = 20
PAIR_SECONDS = 0.002
INTERVAL_SECONDS = 0.05
# The first event names the role.
TOKENS = 2 * PAIRS - 1

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
READY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def event(delta, finish=None, **more):
    chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1760000000, "model": "mock",
             "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}
    return framed(json.dumps(chunk))


def framed(data):
    text = f"data: {data}\n\n".encode()
    return b"%x\r\n%s\r\n" % (len(text), text)


USAGE = {"prompt_tokens": 40, "completion_tokens": TOKENS, "total_tokens": 40 + TOKENS}
END = event({}, "stop", usage=USAGE) + framed("[DONE]") + b"0\r\n\r\n"


def role():
    return event({"role": "assistant", "content": ""}, system_fingerprint=f"r={time.monotonic_ns()};")


def token():
    return event({"content": f"t={time.monotonic_ns()};"})


async def serve(reader, writer):
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line)
            await reader.readexactly(int(fields.get(b"content-length", 0)))
            if head.startswith(b"GET"):
                writer.write(READY)
            else:
                await stream(writer)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def stream(writer):
    start = time.monotonic()
    for pair in range(PAIRS):
        await asyncio.sleep(start + pair * INTERVAL_SECONDS - time.monotonic())
        writer.write(token() if pair else HEAD + role())
        await asyncio.sleep(PAIR_SECONDS)
        writer.write(token())
    writer.write(END)
    await writer.drain()


async def main(port):
    server = await asyncio.start_server(serve, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
