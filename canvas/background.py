"""Work off the window's thread: a function is called elsewhere, its result comes back as a signal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, QRunnable, QThreadPool, Signal

from engine.errors import NetwrightError, Problem, SeveralProblems

MOST = 8
"""How many of several problems are told."""


class Answer(QObject):
    """What comes back, on the window's thread."""

    done = Signal(object)
    failed = Signal(str)


class _Call(QRunnable):
    def __init__(self, work: Callable[[], Any], answer: Answer) -> None:
        super().__init__()
        self._work = work
        self._answer = answer

    def run(self) -> None:
        try:
            result = self._work()
        except NetwrightError as error:
            self._answer.failed.emit(_words(error))
        except OSError as error:
            self._answer.failed.emit(f"{error.filename or ''}: {error.strerror or error}".lstrip(": "))
        else:
            self._answer.done.emit(result)


class Background(QObject):
    """Calls one function after another; only the answer to the last call is still wanted when it comes."""

    done = Signal(object)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._awaited: Answer | None = None
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.wait)  # a thread must not be destroyed while it runs

    @property
    def is_busy(self) -> bool:
        """Whether an answer is awaited."""
        return self._awaited is not None

    def call(self, work: Callable[[], Any]) -> None:
        """Call `work` on another thread; it must touch no widget."""
        self._pool.clear()
        answer = Answer(self)
        answer.done.connect(lambda result: self._take(answer, self.done, result))
        answer.failed.connect(lambda reason: self._take(answer, self.failed, reason))
        self._awaited = answer
        self._pool.start(_Call(work, answer))

    def wait(self) -> None:
        """Let the work that was begun come to its end."""
        self._pool.waitForDone()

    def _take(self, answer: Answer, signal: Any, value: object) -> None:
        if answer is self._awaited:
            self._awaited = None
            signal.emit(value)
        answer.deleteLater()


def compute(parent: QObject, work: Callable[[], Any], done: Callable[[Any], object]) -> None:
    """Call `done(work())` once: `work` in another thread, `done` in that of `parent`."""
    background = Background(parent)
    background.done.connect(done)
    background.done.connect(background.deleteLater)
    background.call(work)


def _words(error: NetwrightError) -> str:
    """A line for each problem, with what would mend it."""
    if not isinstance(error, SeveralProblems):
        return f"{error} – {error.hint}" if error.hint else str(error)
    lines = [_line(told) for told in error.problems[:MOST]]
    others = len(error.problems) - len(lines)
    return "\n".join([*lines, f"and {others} more"] if others else lines)


def _line(told: Problem) -> str:
    words = f"{told.node}: {told.message}" if told.node else told.message
    return f"{words} – {told.hint}" if told.hint else words
