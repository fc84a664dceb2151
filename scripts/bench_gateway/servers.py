"""Starts and stops the mock providers and the proxies before them."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from . import stream_mock
from .cores import pinned, resident_bytes

START_SECONDS = 120
IDLE_SECONDS = 1
PATH = "/v1/chat/completions"
KEY = "sk-bench-key-0123456789"
MODEL, STREAM_MODEL = "mock/mock", "stream/mock"


@dataclass
class Server:
    """One that answers: where, which processes, and how long it took until it did."""

    name: str
    port: int
    pid: int
    ready_seconds: float


@dataclass
class Upstreams:
    """Ports of the mock providers: of whole answers, of streams."""

    chat: int
    streams: int


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for bound in sockets:
            bound.bind(("127.0.0.1", 0))
        return [bound.getsockname()[1] for bound in sockets]


# --- the mock providers ------------------------------------------------------------------------------------------------


def chat_mock(folder, cores):
    """One nginx worker that returns one fixed chat completion of 1 KB."""
    answer = {
        "id": "chatcmpl-0123456789abcdef", "object": "chat.completion", "created": 1760000000, "model": "mock",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": ("word " * 140).strip()},
                     "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 40, "completion_tokens": 140, "total_tokens": 180},
    }
    (port,) = free_ports(1)
    locations = f"""
        location = {PATH} {{ default_type application/json; return 200 '{json.dumps(answer)}'; }}
        location = /readyz {{ return 200; }}"""
    return nginx_server("direct", folder / "mock", port, f"server {{ listen 127.0.0.1:{port}; {locations} }}", cores)


def streams_mock(folder, cores):
    (port,) = free_ports(1)
    return started("mock of streams", [sys.executable, stream_mock.__file__, port], port, "/readyz", cores, folder)


# --- what stands before them -------------------------------------------------------------------------------------------


def nginx(folder, upstreams, cores):
    """One worker that passes requests on, connections kept open, without a log; the way to a mock is by its header."""
    (port,) = free_ports(1)
    return nginx_server("nginx", folder / "nginx", port, f"""
    upstream chat {{ server 127.0.0.1:{upstreams.chat}; keepalive 128; }}
    upstream streams {{ server 127.0.0.1:{upstreams.streams}; keepalive 128; }}
    map $http_x_mock $mock {{ default chat; streams streams; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://$mock; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
        }}
    }}""", cores)


def nginx_server(name, folder, port, servers, cores):
    folder.mkdir(exist_ok=True)
    user = "user root;" if os.geteuid() == 0 else ""
    temporary = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{name}_temp_path {folder}/{name};" for name in temporary)
    (folder / "nginx.conf").write_text(f"""
daemon off; {user} worker_processes 1; pid {folder}/pid; error_log {folder}/error.log crit;
events {{ worker_connections 1024; }}
http {{ access_log off; tcp_nodelay on; keepalive_requests 1000000000; {paths} {servers} }}""")
    command = ["nginx", "-p", folder, "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"]
    return started(name, command, port, "/readyz", cores, folder)


def scrimp(binary, name, folder, upstreams, cache, cores):
    """The gateway as one would run it: callers with a key and a budget, the admin listener, the ledger."""
    port, admin = free_ports(2)
    config = folder / f"{name}.yaml".replace(" ", "-")
    config.write_text(f"""
listen: 127.0.0.1:{port}
admin: {{ listen: "127.0.0.1:{admin}" }}
keys: {{ bench: {{ key: {KEY}, budget: 100000 USD/day }} }}
providers:
  mock: {{ base_url: "http://127.0.0.1:{upstreams.chat}/v1", api_key: mock-api-key }}
  stream: {{ base_url: "http://127.0.0.1:{upstreams.streams}/v1", api_key: mock-api-key }}
prices:
  {MODEL}: {{ input: 0.15 USD/M, output: 0.60 USD/M }}
  {STREAM_MODEL}: {{ input: 0.15 USD/M, output: 0.60 USD/M }}
ledger: {{ path: "{config.with_suffix(".db")}" }}
cache: {cache}
""")
    command = [binary, "serve", "--config", config]
    return started(name, command, port, "/readyz", cores, folder, {"RUST_LOG": "warn"})


def litellm(venv, folder, upstreams, cores):
    """LiteLLM's proxy with one worker and a master key; it keeps no record of requests without a database."""
    (port,) = free_ports(1)
    config = folder / "litellm.yaml"
    models = {MODEL: upstreams.chat, STREAM_MODEL: upstreams.streams}
    config.write_text(json.dumps({
        "model_list": [
            {"model_name": name, "litellm_params": {
                "model": "openai/mock", "api_base": f"http://127.0.0.1:{upstream}/v1", "api_key": "mock-api-key"}}
            for name, upstream in models.items()],
        "litellm_settings": {"telemetry": False},
        "general_settings": {"master_key": KEY},
    }))
    command = [Path(venv) / "bin/litellm", "--config", config, "--host", "127.0.0.1", "--port", port, "--num_workers", 1]
    environment = {"LITELLM_LOG": "ERROR", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    return started("litellm", command, port, "/health/readiness", cores, folder, environment)


@contextlib.contextmanager
def started(name, command, port, ready_path, cores, folder, environment=None):
    """Runs a server on these cores from its first answer to `ready_path` until the end of the context."""
    log = folder / f"{name}.log".replace(" ", "-")
    with log.open("w") as output:
        start = time.monotonic()
        process = subprocess.Popen(
            pinned(command, cores), env={**os.environ, **(environment or {})}, stdout=output, stderr=output)
        try:
            while not is_ready(port, ready_path):
                if process.poll() is not None or time.monotonic() > start + START_SECONDS:
                    sys.exit(f"{name} did not start on port {port}:\n{log.read_text()[-4000:]}")
                time.sleep(0.001)
            yield Server(name, port, process.pid, time.monotonic() - start)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def is_ready(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", path)
        return connection.getresponse().status == 200
    return False


# --- starting ----------------------------------------------------------------------------------------------------------


def at_rest(start):
    """Time from the start of the program until it is ready, and its memory a moment later, before any request."""
    with start() as server:
        time.sleep(IDLE_SECONDS)
        return {"ready_ms": server.ready_seconds * 1e3, "resident_mib": resident_bytes(server.pid) / 2**20}
