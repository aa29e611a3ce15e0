"""Notices when files that are being trained on are changed, or vanish."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from engine.errors import DataError, Problem

Stamps = Mapping[Path, tuple[int, int]]
"""Size and time of the last change, of every file."""

SHOWN = 5
HINT = "begin a new run, or bring the old data back and resume"


def stamps(files: Iterable[Path]) -> Stamps:
    """How `files` are now."""
    return {file: _stamp(file) for file in files}


def refuse_changes(before: Stamps) -> None:
    """Raises DataError where files are not as they were."""
    changed = [file for file, stamp in before.items() if _stamp(file) != stamp]
    if changed:
        shown = ", ".join(map(str, changed[:SHOWN])) + (", …" if len(changed) > SHOWN else "")
        verb = "has" if len(changed) == 1 else "have"
        state = "changed" if changed[0].exists() else "vanished"
        raise DataError((Problem(f"{shown} {verb} {state} while being trained on", hint=HINT),))


def _stamp(file: Path) -> tuple[int, int]:
    try:
        state = file.stat()
    except OSError:
        return -1, -1
    return state.st_size, state.st_mtime_ns
