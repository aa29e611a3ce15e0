"""Append-only files of JSON lines, which one process writes while others read: a run's events and commands."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.errors import RunError


class Journal:
    """One such file. It need not exist to be read; reading goes on where it last ended."""

    def __init__(self, path: Path, start: int = 0) -> None:
        self.path = path
        self.is_behind = False
        """Whether the last look left something unread because it was too much at once."""
        self._read = start

    @classmethod
    def from_now_on(cls, path: Path) -> Journal:
        """A journal of which only what is yet to be written is read."""
        return cls(path, path.stat().st_size if path.exists() else 0)

    def append(self, entry: Mapping[str, Any]) -> None:
        """Writes one line at once, so that lines of several writers do not mix. Raises RunError."""
        line = json.dumps(entry, ensure_ascii=False, allow_nan=False) + "\n"
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                os.write(descriptor, line.encode())
            finally:
                os.close(descriptor)
        except OSError as error:
            raise RunError(f"cannot be written: {error.strerror}", file=str(self.path)) from None

    def mend(self) -> None:
        """Ends a line that a killed process left half-written; such lines are passed over when read."""
        if self.path.exists() and self.path.read_bytes()[-1:] not in (b"", b"\n"):
            with self.path.open("ab") as file:
                file.write(b"\n")

    def new(self, without: bytes = b"", most: int = -1) -> list[dict[str, Any]]:
        """What was written since the last look, but for lines that begin with `without`; about `most` bytes of it.

        A line without an end is left for the next look.
        """
        self.is_behind = False
        try:
            if os.stat(self.path).st_size <= self._read:  # noqa: PTH116 - looked at between steps: a Path costs more
                return []
        except FileNotFoundError:
            return []
        with self.path.open("rb") as file:
            file.seek(self._read)
            whole, end, _ = (file.read(most) + file.readline()).rpartition(b"\n")
        self._read += len(whole) + len(end)
        self.is_behind = 0 < most <= len(whole)
        lines = (line for line in whole.split(b"\n") if not without or not line.startswith(without))
        return [entry for line in lines if (entry := _entry(line)) is not None]


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
