"""A file that is locked while a process lives: however it ends, the system takes the lock away."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from engine.errors import RunError

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Holds the lock. Raises RunError when another process does."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not _taken(descriptor):
            raise RunError("is being trained by another process", file=str(path.parent))
        yield
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    """Tries for a second: whoever only looks (`is_held`) has the lock for an instant."""
    for _ in range(20):
        with contextlib.suppress(OSError):
            _take(descriptor)
            return True
        time.sleep(0.05)
    return False


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        _take(descriptor)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
