"""Where a training is: the epoch, how fast, how long still, the latest numbers large."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from designer.history import History
from designer.tone import set_tone
from designer.training import Training
from designer.wording import label
from engine.durations import elapsed
from engine.training.messages import Noticed

NUMBERS = 2
"""How many numbers stand there large."""

ASKED = {"pause": "Pausing …", "resume": "Going on …", "stop": "Stopping …"}
STATES = {"finished": "Finished", "failed": "Failed", "paused": "Paused", "interrupted": "Interrupted"}
ENDS = {"done": "Finished", "stopped": "Stopped", "early": "Stopped early"}
WHY_ENDED = {"done": "", "stopped": "", "early": "It was getting no better any more."}
GONE = "The process ended without a word."
GOES_ON = "Resume goes on from the last checkpoint."
MEASURED = "measured and chosen: "
"""How the sentence begins in which a training says why it took its plan."""
CHOOSING = "It times both engines on this network and takes the faster one."


class ProgressPage(QWidget):
    """One glance at a training, or at how it ended."""

    def __init__(self) -> None:
        super().__init__()
        self.heading = heading(None)
        self.where = _words("secondary")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName("Progress of the training")
        self.left = _words("secondary")
        self.left.setWordWrap(True)
        self.left.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.plan = _words("small")
        self.plan.setWordWrap(True)
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
        for widget in (self.where, self.bar, self.left, self.plan):
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addLayout(grid)

    def display(self, training: Training) -> None:
        """Show where `training` is."""
        history = training.history
        self.heading = heading(training)
        self.where.setText(where(history))
        self.where.setVisible(bool(self.where.text()))
        self.bar.setVisible(training.is_loading or bool(history.steps))
        self.bar.setMaximum(0 if training.is_loading else 1000)
        if history.steps:
            self.bar.setValue(round(1000 * history.step / history.steps))
        self.left.setText(remark(training))
        self.plan.setText(plan(history))
        self.plan.setVisible(bool(self.plan.text()) and history.state != "failed")
        self.plan.setToolTip(reason(history))
        set_tone(self.left, "bad" if history.state == "failed" else "")
        self._show_numbers(_latest(history) if history.state != "failed" or history.epoch else {})

    def _show_numbers(self, latest: Mapping[str, float]) -> None:
        names = sorted(latest, key=lambda name: name == "loss")[:NUMBERS]
        for place, (name, value) in enumerate(self.numbers):
            there = place < len(names)
            name.setText(label(names[place]) if there else "")
            value.setText(f"{latest[names[place]]:.4g}" if there else "")
            set_tone(value, "good" if there and names[place] != "loss" else "")


def _words(role: str) -> QLabel:
    words = QLabel()
    words.setProperty("role", role)
    words.setTextFormat(Qt.TextFormat.PlainText)
    return words


def heading(training: Training | None) -> str:
    """What a training does, in two or three words."""
    if training is None or training.run is None:
        return "No training yet"
    history = training.history
    if training.is_ending:
        return "Writing its report …"
    if training.asked:
        return ASKED[training.asked]
    if training.is_loading:
        return "Loading the engine …"
    if history.finished is not None and history.state == "finished":
        return ENDS[history.finished.reason]
    if history.state == "running" and history.started:
        return f"Epoch {_epoch(history)} of {history.started.epochs:,}"
    return STATES.get(history.state, "No training yet")


def where(history: History) -> str:
    """How many steps are done, and how fast they are."""
    if not history.started or not history.step:
        return ""
    speed = f" · {history.progress.samples_per_second:,.0f} samples/s" if history.progress else ""
    if history.state != "running":
        return f"epoch {_epoch(history)} of {history.started.epochs:,} · step {history.step:,}"
    within = history.step % history.steps_per_epoch or history.steps_per_epoch
    return f"step {within:,} of {history.steps_per_epoch:,}{speed}"


def remark(training: Training) -> str:
    """How long it takes still; or why it ended, and what can be done."""
    history = training.history
    if training.is_loading:
        return CHOOSING if training.is_choosing else ""
    if history.state == "failed" and history.failed is not None:
        where_failed = f"{history.failed.node}: " if history.failed.node else ""
        hint = f" – {history.failed.detail}" if history.failed.detail else ""
        return where_failed + history.failed.message + hint
    if history.state == "finished" and history.finished is not None:
        return _in_a_row(WHY_ENDED[history.finished.reason], best(history.finished.best), _goes_on(training))
    if history.state == "interrupted":
        return _in_a_row(training.reason or GONE, _goes_on(training))
    seconds = history.seconds_left()
    each = history.progress.seconds_per_epoch if history.progress else None
    left = f"{elapsed(seconds)} left" if seconds is not None else ""
    return f"{left} · {_brief(each)} an epoch" if left and each is not None else left


def plan(history: History) -> str:
    """What is trained with: `torch · cpu · float32 · channels last · 2 threads`; and whether it was measured."""
    if history.started is None:
        return ""
    known = history.started.plan
    threads = known.get("threads", 0)
    words = (
        *(str(known.get(name, "")) for name in ("backend", "device", "precision")),
        "channels last" if known.get("layout") == "channels_last" else "",
        "compiled" if known.get("compiled") else "",
        f"{threads} thread{'s' * (threads > 1)}" if threads else "",
    )
    chosen = " – the fastest as measured" if reason(history) else ""
    return " · ".join(filter(None, words)) + chosen


def reason(history: History) -> str:
    """Why this plan was chosen, a line for each that was tried; empty where there was nothing to choose."""
    told = (message.message for message in history.told if isinstance(message, Noticed))
    found = next((words for words in told if words.startswith(MEASURED)), "")
    return found.removeprefix(MEASURED).replace("; not ", "\nnot ").replace("; ", "\nnot ")


def _brief(seconds: float) -> str:
    return f"{seconds:.2g} s" if seconds < 10 else elapsed(seconds)


def _goes_on(training: Training) -> str:
    return "" if training.obstacles()["resume"] else GOES_ON


def _in_a_row(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def best(numbers: Mapping[str, float]) -> str:
    """`Best after epoch 6: accuracy 0.9471.`"""
    if "epoch" not in numbers:
        return ""
    names = [name for name in numbers if name not in ("epoch", "step") and not name.startswith("validation_")]
    name = min(names, key=lambda name: name == "loss", default="")
    value = f": {label(name).lower()} {numbers[name]:.4g}" if name else ""
    return f"Best after epoch {numbers['epoch']:g}{value}."


def _epoch(history: History) -> str:
    return f"{history.progress.epoch if history.progress else 1:,}"


def _latest(history: History) -> dict[str, float]:
    """The last validation's numbers, or while there is none the training's."""
    if history.epoch is not None and history.epoch.validation:
        return {name: value for name, value in history.epoch.validation.items() if value is not None}
    if history.progress is not None and history.progress.loss is not None:
        return {"loss": history.progress.loss, **history.progress.metrics}
    return {}
