#!/usr/bin/env python3
"""Counts the instructions of an operation under valgrind, which do not depend on what else the machine does.

    scripts/count-instructions.py [--record] [NAME…]

Compares with the counts in benches/instructions.json and exits with 1 where one has grown by more than 3 %; --record
writes them there instead. The operations are those of benches/instructions.rs. Each is done N and 2 N times, so that what
the start of the program takes drops out. valgrind has no AVX-512, so that AVX2 is counted where the processor has more.
The compiler, the C library and the kind of processor have a part in the counts: record and compare with the same ones.

Needs valgrind (`apt-get install -y valgrind`), and builds the bench `instructions`; SCRIMP_BENCH names a bench binary that
exists already.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench_binary import bench_binary

ROOT = Path(__file__).resolve().parent.parent
RECORD = ROOT / "benches/instructions.json"
TOLERANCE = 0.03
TIMES = 100


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="of operations (default all)")
    parser.add_argument("--record", action="store_true", help="write what is counted to benches/instructions.json")
    arguments = parser.parse_args()
    if shutil.which("valgrind") is None:
        sys.exit("count-instructions: valgrind is not installed; on Debian: apt-get install -y valgrind")
    binary = bench_binary("instructions")
    known = output([binary]).split()
    if unknown := set(arguments.names) - set(known):
        parser.error(f"there is no operation {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    recorded = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    operations = recorded.get("operations", {})
    tools = {"rustc": output(["rustc", "--version"]).strip(), "valgrind": output(["valgrind", "--version"]).strip()}
    for tool, version in tools.items():
        if not arguments.record and recorded.get(tool, version) != version:
            print(f"note: recorded with {recorded[tool]}, this is {version}", file=sys.stderr)
    grown = []
    for name in arguments.names or known:
        counted = per_operation(binary, name)
        before = operations.get(name)
        change = counted / before - 1 if before else None
        print(f"{name:10}{counted:14,}{'' if change is None else f'{change:+10.1%}'}", flush=True)
        if arguments.record:
            operations[name] = counted
        elif change is not None and change > TOLERANCE:
            grown.append(name)
    if arguments.record:
        RECORD.write_text(json.dumps({**tools, "operations": operations}, indent=2) + "\n")
    if grown:
        sys.exit(f"count-instructions: more than {TOLERANCE:.0%} above {RECORD.relative_to(ROOT)}: {', '.join(grown)}")


def per_operation(binary, name):
    return round((instructions(binary, name, 2 * TIMES) - instructions(binary, name, TIMES)) / TIMES)


def instructions(binary, name, times):
    with tempfile.TemporaryDirectory(prefix="scrimp-instructions-") as folder:
        file = Path(folder) / "callgrind"
        # One pool thread: what threads do while they wait for work would be counted as well.
        environment = {"PATH": os.environ["PATH"], "RAYON_NUM_THREADS": "1"}
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={file}", binary, name, str(times)]
        subprocess.run(command, check=True, env=environment, capture_output=True)
        return int(re.search(r"^(?:summary|totals): (\d+)", file.read_text(), re.MULTILINE)[1])


def output(command):
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
