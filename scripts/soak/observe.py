"""What can be seen of the gateway from outside: its process, its metrics, its ledger, its log."""

import contextlib
import http.client
import json
import os
import re
from collections import Counter
from pathlib import Path

MEBIBYTE = 2**20
METRIC = re.compile(r"^(\w+)(?:\{.*\})? (\S+)$", re.MULTILINE)


def memory(pid):
    """Resident bytes, all of them and those of anonymous memory, and the number of threads."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    kibibytes = lambda name: int(fields[name].split()[0]) * 1024
    return {"resident": kibibytes("VmRSS"), "anonymous": kibibytes("RssAnon"), "threads": int(fields["Threads"])}


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def metrics(admin_port):
    """The metrics by name, summed over labels."""
    connection = http.client.HTTPConnection("127.0.0.1", admin_port, timeout=30)
    with contextlib.closing(connection):
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    sums = Counter()
    for name, value in METRIC.findall(text):
        sums[name.removeprefix("scrimp_")] += float(value)
    return sums


def under_way(admin_port):
    """Requests under way: those of callers and, comparisons included, those at targets."""
    seen = metrics(admin_port)
    return {name: int(seen[name]) for name in ("in_flight", "target_in_flight")}


def ledger_bytes(ledger):
    return sum(file.stat().st_size for file in ledger.parent.glob(ledger.name + "*"))


def log_messages(log):
    """How often the gateway has logged what."""
    counts = Counter()
    for line in log.read_text(errors="replace").splitlines():
        try:
            entry = json.loads(line)
            text = f"{entry.get('level', '')} {entry.get('fields', entry).get('message', line)}"
        except ValueError:
            text = line
        counts[text.strip()[:200]] += 1
    return dict(counts.most_common(20))
