"""Which core runs what, and what processes have used."""

import os
import platform
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def all_of_them():
    return sorted(os.sched_getaffinity(0))


def split():
    """The core of the server under test, and those of the load and the mock; with one core both are that one."""
    cores = all_of_them()
    return cores[:1], cores[1:] or cores


def pinned(command, cores):
    return ["taskset", "-c", ",".join(map(str, cores)), *map(str, command)]


def tree(pid):
    """The process and all its descendants."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and (fields := stat(folder.name)):
            parents.setdefault(int(fields[1]), []).append(int(folder.name))
    found = [pid]
    for process in found:
        found += parents.get(process, [])
    return found


def cpu_seconds(pid):
    """CPU time of all threads of the process and its descendants, theirs that have ended included."""
    own = sum(int(ticks) for process in tree(pid) if (fields := stat(process)) for ticks in fields[11:13])
    ended = stat(pid)
    return (own + sum(int(ticks) for ticks in ended[13:15])) / TICKS_A_SECOND if ended else 0.0


def resident_bytes(pid):
    total = 0
    for process in tree(pid):
        status = Path(f"/proc/{process}/status")
        lines = status.read_text().splitlines() if status.exists() else []
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))
    return total


def stat(pid):
    """The fields of /proc/PID/stat from the state on; none when the process has gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def machine():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())
    return {"cpu": model, "cores": len(all_of_them()), "load_before": round(os.getloadavg()[0], 2)}
