"""Where a training is: the epoch, how fast, how long still, the best numbers large."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from designer.history import History, elapsed
from designer.training import Training
from designer.wording import label

NUMBERS = 2
"""How many numbers stand there large."""


class ProgressPage(QWidget):
    """One glance at a training, or at how it ended."""

    def __init__(self) -> None:
        super().__init__()
        self.heading = "No training yet"
        self.where = _words("secondary")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName("Progress of the training")
        self.left = _words("secondary")
        self.left.setWordWrap(True)
        self.left.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.numbers = [(_words("small"), _words("figure")) for _ in range(NUMBERS)]
        grid = QGridLayout()
        grid.setVerticalSpacing(0)
        grid.setHorizontalSpacing(16)
        for column, (name, value) in enumerate(self.numbers):
            grid.addWidget(name, 0, column)
            grid.addWidget(value, 1, column)
        grid.setColumnStretch(NUMBERS, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widget in (self.where, self.bar, self.left):
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addLayout(grid)

    def display(self, training: Training) -> None:
        """Show where `training` is."""
        history = training.history
        self.heading = _heading(training)
        self.where.setText(_where(history))
        self.bar.setVisible(training.is_active or bool(history.steps))
        self.bar.setMaximum(0 if training.is_loading else 1000)
        if history.steps:
            self.bar.setValue(round(1000 * history.step / history.steps))
        self.left.setText(_left(training))
        self._show_numbers(_latest(history))

    def _show_numbers(self, latest: Mapping[str, float]) -> None:
        names = sorted(latest, key=lambda name: name == "loss")[:NUMBERS]
        for place, (name, value) in enumerate(self.numbers):
            there = place < len(names)
            name.setText(label(names[place]) if there else "")
            value.setText(f"{latest[names[place]]:.4g}" if there else "")
            value.setProperty("tone", "good" if there and names[place] != "loss" else "")
            value.style().polish(value)


def _words(role: str) -> QLabel:
    words = QLabel()
    words.setProperty("role", role)
    return words


def _heading(training: Training) -> str:
    history = training.history
    if training.is_loading:
        return "Loading the engine …"
    if history.state == "running" and history.started:
        return f"Epoch {history.progress.epoch if history.progress else 1} of {history.started.epochs}"
    titles = {"finished": "Finished", "failed": "Failed", "paused": "Paused", "interrupted": "Interrupted"}
    return titles.get(history.state, "No training yet")


def _where(history: History) -> str:
    if not history.started:
        return ""
    within = history.step % history.steps_per_epoch or (history.steps_per_epoch if history.step else 0)
    speed = history.progress.samples_per_second if history.progress else 0.0
    return f"step {within:,} of {history.steps_per_epoch:,}" + (f" · {speed:,.0f} samples/s" if speed else "")


def _left(training: Training) -> str:
    history = training.history
    if history.failed is not None:
        where = f"{history.failed.node}: " if history.failed.node else ""
        return where + history.failed.message
    if history.finished is not None:
        reasons = {"done": "all epochs done", "stopped": "stopped by you", "early": "stopped early: no better any more"}
        best = history.finished.best.get("epoch")
        return reasons[history.finished.reason] + (f" · best after epoch {best:g}" if best is not None else "")
    if history.state == "interrupted":
        return training.complaint.splitlines()[-1] if training.complaint else "The process is gone; Resume goes on."
    seconds = history.seconds_left()
    return f"{elapsed(seconds)} left" if seconds is not None else ""


def _latest(history: History) -> dict[str, float]:
    """The last validation's numbers, or while there is none the training's."""
    if history.epoch is not None and history.epoch.validation:
        return {name: value for name, value in history.epoch.validation.items() if value is not None}
    if history.progress is not None and history.progress.loss is not None:
        return {"loss": history.progress.loss, **history.progress.metrics}
    return {}
