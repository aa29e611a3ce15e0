"""How much memory this process has had resident at most: what stands for a device's memory on the CPU."""

from __future__ import annotations

import sys
from pathlib import Path

from engine.errors import Unsupported

STATUS = Path("/proc/self/status")


def peak() -> int:
    """Bytes. Raises Unsupported where the system does not tell."""
    if STATUS.exists():
        # Not getrusage, which on Linux begins with what the process that started this one had.
        told = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(told.split()[1]) * 1024
    if sys.platform == "win32":
        raise Unsupported("this system does not tell a process how much memory it has had")
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
