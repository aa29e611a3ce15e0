"""Where the network can go: every format is tried aside, once the drawing has rested for a moment."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, QTimer, Signal

from canvas.background import Background
from engine.formats import FORMATS, NATIVE, Format
from engine.model import Model
from engine.network import Network
from engine.report import Report

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
        self._trial = Background(self)
        self._trial.done.connect(self.found)
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
            self._trial.call(lambda: tried(model))


def written() -> tuple[Format, ...]:
    """Other programs' formats that are written."""
    return tuple(row for row in FORMATS.values() if row.writes and row.name != NATIVE)


def tried(model: Model) -> Mapping[str, str]:
    """By the title of each format why `model` cannot be written in it. Slow: composes it in every one."""
    from engine.conversion import refusal

    return {row.title: refusal(model, row) for row in written()}
