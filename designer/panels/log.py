"""The log: every event of the training in words, and what its process complained of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from designer.history import clock
from designer.theme import SMALL, mono
from designer.training import Training
from engine.training.messages import (
    Checkpoint,
    Epoch,
    Failed,
    Finished,
    Message,
    Noticed,
    Paused,
    Resumed,
    Started,
)

MOST_LINES = 5000


class LogPanel(QWidget):
    """Lines of time and event; progress is left to the curves."""

    def __init__(self, training: Training) -> None:
        super().__init__()
        self._training = training
        self._written = 0
        self.lines = QPlainTextEdit()
        self.lines.setReadOnly(True)
        self.lines.setMaximumBlockCount(MOST_LINES)
        self.lines.setFont(mono(SMALL))
        self.lines.setPlaceholderText("What a training does is written here, line by line.")
        self.lines.setAccessibleName("Log of the training")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.addWidget(self.lines)
        training.began.connect(self._begin)
        training.changed.connect(self._write)
        self._begin()

    def _begin(self) -> None:
        self.lines.clear()
        self._written = 0
        if self._training.run is not None:
            self.lines.appendPlainText(str(self._training.run))
            self._write()

    def _write(self) -> None:
        told = self._training.history.told
        lines = [f"{clock(message.time)}  {in_words(message)}" for message in told[self._written :]]
        self._written = len(told)
        if lines:
            self.lines.appendPlainText("\n".join(lines))
        if self._training.complaint and not self.lines.toPlainText().endswith(self._training.complaint):
            self.lines.appendPlainText(self._training.complaint)


def in_words(message: Message) -> str:
    """One line for an event."""
    return _WORDS[type(message)](message)


def _numbers(numbers: Mapping[str, Any]) -> str:
    return "  ".join(f"{name} {value:.4g}" for name, value in numbers.items() if value is not None)


def _started(message: Started) -> str:
    plan = ", ".join(str(value) for value in message.plan.values() if value)
    return f"started: {plan}; {message.epochs} epochs of {message.steps_per_epoch} steps"


def _epoch(message: Epoch) -> str:
    parts = (f"train {_numbers(message.train)}", f"validation {_numbers(message.validation)}")
    return f"epoch {message.epoch:g}: " + "; ".join(part for part in parts if " " in part.strip())


_WORDS: Mapping[type[Message], Callable[[Any], str]] = {
    Started: _started,
    Epoch: _epoch,
    Checkpoint: lambda m: f"checkpoint at step {m.step:,}: {m.path}" + (" (best so far)" if m.best else ""),
    Noticed: lambda m: ": ".join(part for part in (m.severity, m.node, m.message) if part),
    Paused: lambda m: f"paused after step {m.step:,}",
    Resumed: lambda m: f"goes on after step {m.step:,}",
    Finished: lambda m: f"finished ({m.reason}) after step {m.step:,}  {_numbers(m.validation or m.train)}".rstrip(),
    Failed: lambda m: "failed: " + ": ".join(part for part in (m.node, m.message) if part),
}
