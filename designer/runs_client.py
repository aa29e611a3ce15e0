"""The window's side of a run: starts a training that outlives the window, follows its events, sends it commands."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from designer.verbs import command_line
from engine.training.journal import Journal
from engine.training.lock import is_held
from engine.training.messages import Message, from_json

REDRAWS = 2
"""Looks at the events a second: each costs a training that uses all cores some time."""

SLICE = 1 << 16
"""Bytes of events that are read at once: what fits well into a frame."""


class RunClient(QObject):
    """Follows one run at a time: one it started, or one that somebody else did."""

    told = Signal(object)
    """New messages of the run, many at a time."""
    ended = Signal(str)
    """The process is gone; why, where it did not say so in its events."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.run: Path | None = None
        self._events: Journal | None = None
        self._is_over = True
        self._process: subprocess.Popen[bytes] | None = None
        self._timer = QTimer(self, interval=1000 // REDRAWS)
        self._timer.timeout.connect(self.look)
        self._again = QTimer(self, singleShot=True, interval=0)
        self._again.timeout.connect(self.look)

    @property
    def is_following(self) -> bool:
        """Whether the run that is followed has not ended."""
        return not self._is_over

    @property
    def is_behind(self) -> bool:
        """Whether much of what the run has told is not read yet."""
        return self._events is not None and self._events.is_behind

    def start(self, run: Path, arguments: Sequence[str]) -> None:
        """Begin `netwright train …`, detached, writing to the folder `run`."""
        run.parent.mkdir(parents=True, exist_ok=True)
        with complaints_of(run).open("wb") as complaints:
            process = subprocess.Popen(
                command_line("train", *arguments),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                start_new_session=True,  # it outlives the window, whatever becomes of that one's terminal
            )
        self.follow(run, from_start=not (run / "events.jsonl").exists())
        self._process = process

    def follow(self, run: Path, *, from_start: bool = True) -> None:
        """Tell what the run in the folder `run` has said and will say, or only what it will say."""
        events = run / "events.jsonl"
        if run != self.run or from_start or self._events is None:
            self._events = Journal(events) if from_start else Journal.from_now_on(events)
        self.run = run
        self._process = None
        self._is_over = False
        self._timer.start()

    def leave(self) -> None:
        """Follow no run any more; it goes on by itself."""
        self._timer.stop()
        self._again.stop()
        self._is_over = True
        self.run = None

    def send(self, command: str, **values: object) -> None:
        """Append a command (`pause`, `resume`, `stop`, `checkpoint`, `set_learning_rate`) for the run."""
        if self.run is not None and self.run.is_dir():
            Journal(self.run / "commands.jsonl").append({"command": command, **values})
        elif self._process is not None and command == "stop":
            self._process.terminate()  # it has not come so far as to make the folder

    def look(self) -> None:
        """Read what is new, a slice at a time.

        The lock is looked at first: what a process wrote before it let go is then in the file.
        """
        if self.run is None or self._events is None:
            return
        is_alive = self._is_alive(self.run)
        events = self._events.new(most=SLICE)
        messages: list[Message] = [message for event in events if (message := from_json(event)) is not None]
        if messages:
            self.told.emit(messages)
        if self._events.is_behind:
            self._again.start()
        elif not is_alive and not self._is_over:
            self._timer.stop()
            self._is_over = True
            self.ended.emit(complaint(self.run))

    def _is_alive(self, run: Path) -> bool:
        """The lock tells, and before the process has taken it, the process that was started here."""
        return is_held(run / "lock") or (self._process is not None and self._process.poll() is None)


def complaints_of(run: Path) -> Path:
    """Where the standard error of the process that trains `run` goes: beside the folder, which it makes itself."""
    return run.parent / f".{run.name}.log"


def complaint(run: Path) -> str:
    """What the process wrote for people to read."""
    try:
        text = complaints_of(run).read_text("utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip())
