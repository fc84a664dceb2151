"""Finds the program behind a bench of ours."""

import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def bench_binary(bench):
    """Builds it, unless SCRIMP_BENCH names one."""
    if named := os.environ.get("SCRIMP_BENCH"):
        return Path(named)
    build = ["cargo", "bench", "--locked", "--bench", bench, "--no-run", "--message-format=json"]
    lines = subprocess.run(build, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    targets = [message for message in map(json.loads, lines) if message.get("target", {}).get("name") == bench]
    return Path(targets[-1]["executable"])
