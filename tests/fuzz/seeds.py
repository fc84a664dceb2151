#!/usr/bin/env python3
"""Seeds for the fuzz targets from the golden files, and a dictionary of their words.

    tests/fuzz/seeds.py FOLDER      # FOLDER/TARGET/... and FOLDER/words.dict

What the first bytes of an input mean is said at the top of each target.
"""

import json
import re
import struct
import sys
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests/golden"
# In the order of DIALECTS and PROTOCOLS in lib.rs.
DIALECTS = {"openai": 0, "openai-responses": 1, "anthropic": 2, "gemini": 3, "bedrock": 4}
PROTOCOLS = {"chat": 0, "responses": 1, "messages": 2, "completions": 3, "embeddings": 4}
CUTS = struct.pack("<H", 0x1234)
# Longer inputs make slow seeds.
MAX_BYTES = 16_384

out = Path(sys.argv[1])
counts = {}
words = set()


def seed(target, data):
    if len(data) > MAX_BYTES:
        return
    folder = out / target
    folder.mkdir(parents=True, exist_ok=True)
    counts[target] = counts.get(target, 0) + 1
    (folder / f"{counts[target]:04}").write_bytes(data)


def text(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def collect(value):
    """Keys and short texts: what a parser compares with."""
    if isinstance(value, dict):
        words.update(name for name in value if len(name) <= 40)
        for item in value.values():
            collect(item)
    elif isinstance(value, list):
        for item in value:
            collect(item)
    elif isinstance(value, str) and 0 < len(value) <= 24 and " " not in value:
        words.add(value)


def frame(message):
    """One message of Amazon's event stream encoding."""

    def header(name, value):
        return bytes([len(name)]) + name + b"\x07" + struct.pack(">H", len(value)) + value

    if "exception" in message:
        kind, names = message["exception"], (b"exception", b":exception-type")
    else:
        kind, names = message["event"], (b"event", b":event-type")
    headers = header(b":message-type", names[0]) + header(names[1], kind.encode())
    payload = text(message["payload"])
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    body = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return body + struct.pack(">I", zlib.crc32(body))


def stream(folder, events):
    """A golden stream, which is text, or a list of messages."""
    if isinstance(events, str):
        data = events.encode()
    else:
        name = lambda it: it["event"] if "event" in it else "exception:" + it.get("exception", "")
        data = b"".join(
            b"event: %s\ndata: %s\n\n" % (name(it).encode(), text(it["payload"]))
            for it in events
            if "event" in it or "exception" in it
        )
        frames = [frame(it) for it in events if "event" in it or "exception" in it]
        seed("frames", b"\x01" + CUTS + b"".join(frames))
    seed("sse", CUTS + data)
    seed("sse", CUTS + data.replace(b"\n", b"\r\n"))
    seed("stream", bytes([DIALECTS[folder]]) + CUTS + data)


for path in sorted((GOLDEN / "providers").glob("*/*.json")):
    case, folder = json.loads(path.read_text()), path.parent.name
    collect(case)
    if "chat" in case:
        chat = {"model": "m", **case["chat"]}
        for form in range(3 if path.stem in ("text", "tools") else 1):
            seed("request", bytes([PROTOCOLS["chat"], form]) + text(chat))
    for part in ("answer", "error"):
        errors = case.get(part)
        for answer in errors if isinstance(errors, list) else [errors]:
            if answer is not None:
                seed("answer", bytes([DIALECTS[folder]]) + text(answer))
    if "completion" in case:
        seed("answer", bytes([DIALECTS["openai"]]) + text(case["completion"]))
    if "stream" in case:
        stream(folder, case["stream"])

for path in sorted((GOLDEN / "protocols").glob("*/*.json")):
    case, protocol = json.loads(path.read_text()), path.parent.name
    collect(case)
    if "request" in case:
        request = {"model": "m", **case["request"]}
        seed("request", bytes([PROTOCOLS[protocol], 0]) + text(request))
    if "chat" in case:
        seed("request", bytes([PROTOCOLS["chat"], 0]) + text({"model": "m", **case["chat"]}))
    if "completion" in case:
        seed("answer", bytes([DIALECTS["openai"]]) + text(case["completion"]))
    if "chunks" in case:
        data = b"".join(b"data: " + text(chunk) + b"\n\n" for chunk in case["chunks"])
        seed("stream", bytes([DIALECTS["openai"]]) + CUTS + data + b"data: [DONE]\n\n")

for value in ("a", ["a", "b"], [1, 2], [[1, 2], [3]]):
    request = {"model": "m", "input": value, "encoding_format": "base64", "dimensions": 8}
    seed("request", bytes([PROTOCOLS["embeddings"], 0]) + text(request))

for path in sorted((GOLDEN / "usage").glob("*.json")):
    case = json.loads(path.read_text())
    collect(case)
    seed("usage", text({name: case[name] for name in ("usage", "events", "price") if name in case}))
    seed("catalogue", b"\0" + text({"about": "a", "models": [
        {"provider": "p", "model": "m", "source": "s", "checked": "2026-11-21", **case["price"]},
    ]}))

shipped = json.loads((ROOT / "models/prices.json").read_text())
for first in range(0, len(shipped["models"]), 8):
    models = shipped["models"][first : first + 8]
    collect(models)
    seed("catalogue", b"\0" + text({"about": shipped["about"], "models": models}))
for number, name in enumerate(("litellm", "models_dev"), 1):
    listed = json.loads((ROOT / f"src/account/import/fixtures/{name}.json").read_text())
    collect(listed)
    seed("catalogue", bytes([number]) + text(listed))
    for key, value in listed.items():
        seed("catalogue", bytes([number]) + text({key: value}))

# The reference with its examples switched on: whole, and section by section.
default = (ROOT / "src/config/default.yaml").read_text()
lines = [line for line in default.splitlines() if not re.match(r"\s*# ", line)]
lines = [re.sub(r"^(\s*)#", r"\1", line) for line in lines]
lines = [re.sub(r"\$\{\w+", "${KEY", line) for line in lines]
words.update(word for line in lines for word in re.findall(r"[a-z_]{3,}", line))
seed("config", default.encode())
seed("config", "\n".join(lines).encode())
for section in re.split(r"\n(?=\w)", "\n".join(lines)):
    seed("config", b'providers: { openai: { api_key: "${KEY}" } }\n' + section.encode())
seed("config", (ROOT / "docker/scrimp.yaml").read_bytes())
for quantity in ("1h30m", "500ms", "10MiB", "95%", "0.95", "0.15 USD/M", "5 USD", "100 USD/day"):
    seed("config", b"=" + quantity.encode())

for lines in (
    "cache-control: no-cache, max-age=60\nx-scrimp-ttl: 5",
    "cache-control: no-store\ncache-control: only-if-cached\nx-scrimp-max-wrong: 0.5%",
    "x-scrimp-scope: a\nx-scrimp-question: what?\nx-scrimp-tier: cheap\nx-scrimp-tags: a, b",
):
    seed("control", lines.encode())
    words.update(lines.replace(":", " ").split())

quoted = ("".join(chr(b) if 32 <= b < 127 and b not in (34, 92) else f"\\x{b:02x}"
                  for b in word.encode()) for word in sorted(words) if word.strip())
(out / "words.dict").write_text("".join(f'"{word}"\n' for word in quoted))
