"""An HTTP client that is light enough not to be what is measured: requests are bytes, connections plain sockets."""

import asyncio
import json
import time
from dataclasses import dataclass

TIMEOUT_SECONDS = 60
# As clients do, which would else meet the server's own end of idle connections.
IDLE_SECONDS = 4
END_OF_HEAD = b"\r\n\r\n"
END_OF_CHUNKS = b"\r\n0\r\n\r\n"


class Failed(Exception):
    """There is no response, or no end of it; says why in a few words."""


@dataclass
class Reply:
    """A response, or what had come of it when the client hung up; seconds from the sending of the request."""

    status: int
    headers: dict
    body: bytes
    first_seconds: float
    seconds: float


def request(path, body, key, headers=None):
    text = json.dumps(body)
    more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    return (f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAuthorization: Bearer {key}\r\n"
            f"{more}Content-Length: {len(text)}\r\n\r\n{text}").encode()


class Client:
    """Keeps connections open, unless a request wants a new one."""

    def __init__(self, port):
        self.port = port
        self.idle = []

    async def ask(self, request, fresh=False, leave_after=None):
        """With `fresh` over a new connection, which is closed afterwards; hangs up after so many events."""
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                connection = await self.connect() if fresh else self.kept() or await self.connect()
                reply = await connection.ask(request, leave_after)
        except TimeoutError:
            raise Failed(f"nothing for {TIMEOUT_SECONDS} s") from None
        except OSError as error:
            raise Failed(type(error).__name__) from None
        except ValueError:
            raise Failed("chunks that cannot be read") from None
        if fresh or not connection.reusable():
            connection.close()
        else:
            self.idle.append((time.monotonic(), connection))
        return reply

    def kept(self):
        while self.idle:
            since, connection = self.idle.pop()
            if connection.reusable() and time.monotonic() - since < IDLE_SECONDS:
                return connection
            connection.close()
        return None

    async def connect(self):
        _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", self.port)
        return connection

    def close(self):
        for _, connection in self.idle:
            connection.close()


class Connection(asyncio.Protocol):
    """One request at a time."""

    def connection_made(self, transport):
        self.transport = transport
        self.end_seen, self.answer, self.status = False, None, 0

    async def ask(self, request, leave_after=None):
        self.buffer, self.body_start, self.first, self.leave_after = bytearray(), None, None, leave_after
        self.sent = time.monotonic()
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        try:
            await self.answer
        except BaseException:
            self.close()
            raise
        body = bytes(self.buffer[self.body_start:])
        return Reply(self.status, self.headers, joined(body) if self.length is None else body,
                     self.first - self.sent, time.monotonic() - self.sent)

    def data_received(self, data):
        if self.answer is None or self.answer.done():
            return self.close()
        self.buffer += data
        if self.body_start is None and not self.read_head():
            return
        if self.first is None and len(self.buffer) > self.body_start:
            self.first = time.monotonic()
        if self.leave_after and self.buffer.count(b"data:", self.body_start) >= self.leave_after:
            self.close()
            self.answer.set_result(None)
        elif self.has_ended():
            self.first = self.first or time.monotonic()
            self.answer.set_result(None)

    def read_head(self):
        end = self.buffer.find(END_OF_HEAD)
        if end < 0:
            return False
        self.body_start = end + len(END_OF_HEAD)
        first, *fields = self.buffer[:end].decode("latin-1").split("\r\n")
        self.status = int(first.split(" ", 2)[1])
        self.headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        self.length = int(self.headers["content-length"]) if "content-length" in self.headers else None
        return True

    def has_ended(self):
        if self.length is None:
            # From the end of the head on, for a body without any chunk.
            return self.buffer.endswith(END_OF_CHUNKS, self.body_start - 2)
        return len(self.buffer) >= self.body_start + self.length

    def connection_lost(self, error):
        self.end_seen = True
        if self.answer and not self.answer.done():
            what = "before the response" if self.body_start is None else "within the response"
            self.answer.set_exception(Failed(f"closed {what}{' by a reset' if error else ''}"))

    def reusable(self):
        return not self.end_seen and not self.transport.is_closing() and self.headers.get("connection") != "close"

    def close(self):
        self.transport.close()


def joined(chunks):
    """The body of chunks; of one that has not come to its end, what is there of it."""
    parts, position = [], 0
    while (line := chunks.find(b"\r\n", position)) >= 0 and (size := int(chunks[position:line], 16)):
        parts.append(chunks[line + 2:line + 2 + size])
        position = line + 2 + size + 2
    return b"".join(parts)
