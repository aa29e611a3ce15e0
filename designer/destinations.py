"""Where the network can go: another process tries every format, once the drawing has rested for a moment."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from designer.verbs import command_line
from engine.errors import NetwrightError
from engine.formats import FORMATS, NATIVE, Format
from engine.model import Model
from engine.network import Network
from engine.report import Report
from engine.schema.files import SUFFIX, save

REST = 1200
"""Milliseconds without an edit."""


class Destinations(QObject):
    """Tells of each format that is written why this network cannot go there; the empty reason: it can."""

    found = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = Model()
        self._tried: Network | None = None
        self._error = ""
        self._folder = tempfile.TemporaryDirectory(prefix="netwright-")
        self._process = QProcess(self)
        self._process.finished.connect(self._tell)
        self._is_asked = False
        self._later = QTimer(self, singleShot=True, interval=REST)
        self._later.timeout.connect(self.look)

    def display(self, model: Model, report: Report) -> None:
        """Another model, or the same one edited."""
        self._model = model
        error = next((problem for problem in report.problems if problem.severity == "error" and problem.node), None)
        self._error = f"{error.node}: {error.message}" if error else ""
        if model.network is not self._tried:
            self._later.start()

    def look(self) -> None:
        """Try the formats now."""
        self._tried = self._model.network
        model, error = self._model, self._error
        if error or not model.network.nodes:
            self.found.emit({row.title: error or "there is nothing to write yet" for row in written()})
        else:
            self._try(model)

    def finish(self) -> None:
        """The window is closed, or something else is to be tried."""
        self._later.stop()
        self._is_asked = False
        if self._process.state() is not QProcess.ProcessState.NotRunning:
            self._process.kill()
            self._process.waitForFinished(1000)

    def _try(self, model: Model) -> None:
        self.finish()
        path = Path(self._folder.name) / f"model{SUFFIX}"
        try:
            save(model, path)
        except NetwrightError:
            return  # whoever saves is told why
        program, *rest = command_line("formats", str(path), "--json")
        self._is_asked = True
        self._process.start(program, rest)

    def _tell(self) -> None:
        told = bytes(self._process.readAllStandardOutput().data())
        if self._is_asked:
            self._is_asked = False
            self.found.emit(refusals_in(told))


def written() -> tuple[Format, ...]:
    """Other programs' formats that are written."""
    return tuple(row for row in FORMATS.values() if row.writes and row.name != NATIVE)


def refusals_in(told: bytes) -> Mapping[str, str]:
    """By the title of each other format why the model cannot be written in it, as the verb says."""
    try:
        rows = json.loads(told or b"{}").get("formats", ())
    except ValueError:
        return {}
    return {row["title"]: row["refused"] for row in rows if "refused" in row and row["name"] != NATIVE}
