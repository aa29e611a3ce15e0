"""Work away from the window's thread, its result handed back on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QObject, QThread, Signal

T = TypeVar("T")


class _Work(QThread):
    """One computation in a thread of its own."""

    done = Signal(object)

    def __init__(self, parent: QObject, work: Callable[[], object]) -> None:
        super().__init__(parent)
        self._work = work

    def run(self) -> None:
        self.done.emit(self._work())


def compute(parent: QObject, work: Callable[[], T], done: Callable[[T], None]) -> None:
    """Call `done(work())`: `work` in another thread, `done` in that of `parent`, which keeps it alive."""
    thread = _Work(parent, work)
    thread.done.connect(done)
    thread.finished.connect(thread.deleteLater)
    application = QCoreApplication.instance()
    if application is not None:
        application.aboutToQuit.connect(thread.wait)  # a thread must not be destroyed while it runs
    thread.start()
