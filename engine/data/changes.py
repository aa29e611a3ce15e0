"""Notices when files that are being trained on are changed, or vanish."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.data.columns import Array
from engine.errors import DataError, Problem

SHOWN = 5
HINT = "begin a new run, or bring the old data back and resume"


@dataclass(frozen=True)
class Stamps:
    """How files were."""

    files: Sequence[Path]
    states: Array
    """Size and time of the last change, of every file."""


def stamps(files: Sequence[Path]) -> Stamps:
    """How `files` are now."""
    return Stamps(files, np.array([_state(file) for file in files], np.int64).reshape(-1, 2))


def refuse_changes(before: Stamps) -> None:
    """Raises DataError where files are not as they were."""
    now = stamps(before.files)
    changed = [before.files[place] for place in np.flatnonzero((now.states != before.states).any(axis=1)).tolist()]
    if changed:
        shown = ", ".join(map(str, changed[:SHOWN])) + (", …" if len(changed) > SHOWN else "")
        verb = "has" if len(changed) == 1 else "have"
        state = "changed" if changed[0].exists() else "vanished"
        raise DataError((Problem(f"{shown} {verb} {state} while being trained on", hint=HINT),))


def _state(file: Path) -> tuple[int, int]:
    try:
        state = file.stat()
    except OSError:
        return -1, -1
    return state.st_size, state.st_mtime_ns
