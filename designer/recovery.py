"""What was not saved survives a crash: a snapshot written beside the work, offered at the next start."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, QThreadPool, QTimer

from designer.document import Document
from engine.errors import SchemaError
from engine.model import Model
from engine.schema.read import read
from engine.schema.write import write

PAUSE = 2000
"""Milliseconds after the first of several edits until they are written."""
SUFFIX = ".unsaved"


class Recovery(QObject):
    """Keeps a snapshot while there is something to lose; models are immutable, so a thread may write them."""

    def __init__(self, document: Document, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        folder.mkdir(parents=True, exist_ok=True)
        self._document = document
        self.file = folder / f"{os.getpid()}-{time.time_ns()}{SUFFIX}"
        self._lock = _lock(self.file)
        self._lock.tryLock(0)
        self._thread = QThreadPool(self, maxThreadCount=1)
        self._timer = QTimer(self, singleShot=True, interval=PAUSE)
        self._timer.timeout.connect(self.write)
        document.changed.connect(self._follow)
        document.titled.connect(self._forget_saved)

    def _follow(self) -> None:
        """From the first of several edits on the time runs."""
        if not self._timer.isActive():
            self._timer.start()

    def write(self) -> None:
        """Write what is not saved, in a thread of its own."""
        if not self._document.is_saved:
            model, path = self._document.model, self._document.path
            base = self._document.base
            self._thread.start(lambda: _write(self.file, model, path, base))

    def finish(self) -> None:
        """The window is closed in order: nothing is left behind."""
        self._timer.stop()
        self._thread.waitForDone()
        self.file.unlink(missing_ok=True)
        self._lock.unlock()

    def wait(self) -> None:
        """Until what is being written is written."""
        self._thread.waitForDone()

    def _forget_saved(self) -> None:
        if self._document.is_saved:
            self._timer.stop()
            self._thread.start(lambda: self.file.unlink(missing_ok=True))


@dataclass(frozen=True)
class Leftover:
    """The snapshot of a window that did not end in order."""

    file: Path
    path: Path | None
    base: Path
    time: float
    text: str

    @property
    def name(self) -> str:
        return self.path.name if self.path else "an unnamed model"

    def model(self) -> Model:
        """What was drawn. Raises SchemaError."""
        return read(self.text, self.name).model

    def discard(self) -> None:
        """It is not wanted any more."""
        self.file.unlink(missing_ok=True)


def leftovers(folder: Path) -> Iterator[Leftover]:
    """The snapshots in `folder` that no living window holds, newest first."""
    for file in sorted(folder.glob(f"*{SUFFIX}"), key=lambda file: file.stat().st_mtime, reverse=True):
        lock = _lock(file)
        if lock.tryLock(0):
            found = _read(file)
            lock.unlock()
            if found is not None:
                yield found


def _lock(file: Path) -> QLockFile:
    """Qt's lock knows by the process's number whether its holder is gone."""
    lock = QLockFile(str(file.with_suffix(".lock")))
    lock.setStaleLockTime(0)
    return lock


def _write(file: Path, model: Model, path: Path | None, base: Path) -> None:
    kept = {"path": str(path) if path else None, "base": str(base), "time": time.time(), "text": write(model)}
    beside = file.with_suffix(".new")
    beside.write_text(json.dumps(kept), "utf-8")
    beside.replace(file)


def _read(file: Path) -> Leftover | None:
    """A snapshot, or None where it is damaged or holds nothing that could be opened."""
    try:
        kept = json.loads(file.read_text("utf-8"))
        path = Path(kept["path"]) if kept["path"] else None
        found = Leftover(file, path, Path(kept["base"]), float(kept["time"]), str(kept["text"]))
        found.model()
    except (OSError, ValueError, KeyError, TypeError, SchemaError):
        return None
    return found
