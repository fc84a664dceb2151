#!/usr/bin/env python3
"""Runs Scrimp under load for a long time, or with many connections, and says whether it holds up.

    scripts/soak.py [--minutes 60] [--rate 200] [--json FILE]
    scripts/soak.py --scale [--json FILE]

Without --scale: mixed traffic at a fixed rate before a mock provider, with a cache that is small enough to be full after a
minute: exact repeats, rewordings, new questions, streams, streams whose caller hangs up half-way, providers that fail, that
want a pause or break off, and embeddings, over connections that are kept open and over new ones. Every answer is compared
with what it has to be. Every minute says how much memory, file descriptors and threads the gateway has, and how long
requests took. Fails when memory grows over the second half of the run by more than 5 % and 8 MiB, when file descriptors or
requests are left over once the load has ended, and when any answer is not the right one.

With --scale, about a minute: 2,000 connections that are kept open and idle, and 512 streams at once of an event every
100 ms. Fails when a stream is not whole or halts for a second, when an idle connection is lost, or a request meanwhile is not
answered.

Needs Linux and a release build; SCRIMP names another binary.
"""

import argparse
import json
import os
import resource
import sys
import tempfile
from pathlib import Path

from soak import scale, soak

ROOT = Path(__file__).resolve().parent.parent


def main():
    arguments = parse()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    # The gateway and the mock inherit it.
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    part = scale if arguments.scale else soak
    with tempfile.TemporaryDirectory(prefix="scrimp-soak-") as folder:
        result = part.run(arguments, Path(folder))
    part.show(result)
    for message, count in result["log"].items():
        print(f"logged {count} times: {message}")
    for failure in result["failures"]:
        print(f"FAILED: {failure}", file=sys.stderr)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(result, indent=2) + "\n")
    sys.exit(1 if result["failures"] else 0)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60, help="how long (default 60)")
    parser.add_argument("--rate", type=float, default=200, help="requests a second (default 200)")
    parser.add_argument("--scale", action="store_true", help="many connections and streams instead")
    parser.add_argument("--json", metavar="FILE", help="write the result there as well")
    arguments = parser.parse_args()
    arguments.scrimp = Path(os.environ.get("SCRIMP", ROOT / "target/release/scrimp"))
    if not os.access(arguments.scrimp, os.X_OK):
        sys.exit(f"soak: there is no {arguments.scrimp}; build it with: cargo build --release")
    return arguments


if __name__ == "__main__":
    main()
