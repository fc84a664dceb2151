"""Starts the mock provider and the gateway before it."""

import contextlib
import sys
from dataclasses import dataclass
from pathlib import Path

from bench_gateway import cores, servers

from .traffic import KEYS

SCRIPTS = Path(__file__).resolve().parent.parent
MODELS = ["answers", "paced", "failing", "limiting", "breaking", "vectors", "cheap", "frontier"]
# The little that the caches hold is full after a minute, so that from then on entries go as others come.
CACHE, EMBEDDINGS = "8MiB", "1MiB"


@dataclass
class Gateway:
    """Where it is, and what it writes."""

    port: int
    admin: int
    pid: int
    ledger: Path
    log: Path


@contextlib.contextmanager
def mock(folder):
    (port,) = servers.free_ports(1)
    command = [sys.executable, "-m", "soak.upstream", port]
    environment = {"PYTHONPATH": str(SCRIPTS)}
    with servers.started("mock", command, port, "/readyz", cores.all_of_them(), folder, environment):
        yield port


@contextlib.contextmanager
def gateway(binary, folder, mock_port, server_settings="{}"):
    port, admin = servers.free_ports(2)
    config, ledger = folder / "scrimp.yaml", folder / "ledger.db"
    callers = "".join(f"  caller{number}: {{ key: {key}, budget: 100000 USD/day }}\n" for number, key in enumerate(KEYS))
    prices = "".join(f"  mock/{model}: {{ input: 0.15 USD/M, output: 0.60 USD/M }}\n" for model in MODELS)
    config.write_text(f"""
listen: 127.0.0.1:{port}
admin: {{ listen: "127.0.0.1:{admin}" }}
server: {server_settings}
keys:
{callers}
providers: {{ mock: {{ base_url: "http://127.0.0.1:{mock_port}/v1", api_key: mock-api-key }} }}
tiers: {{ cheap: [mock/cheap], frontier: [mock/frontier] }}
prices:
{prices}
# Short, so that the target that fails is asked again and again.
upstream: {{ breaker_cooldown: 1s }}
ledger: {{ path: "{ledger}" }}
cache: {{ max_bytes: {CACHE}, max_embedding_bytes: {EMBEDDINGS}, path: "{folder / 'learnt'}" }}
""")
    command = [binary, "serve", "--config", config]
    environment = {"RUST_LOG": "warn"}
    with servers.started("scrimp", command, port, "/readyz", cores.all_of_them(), folder, environment) as server:
        yield Gateway(port, admin, server.pid, ledger, folder / "scrimp.log")
