"""What a run has told so far: where it is, its best numbers, and the curves of everything it measures."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from engine.training.messages import (
    Epoch,
    Failed,
    Finished,
    Message,
    Paused,
    Progress,
    Resumed,
    Started,
)

if TYPE_CHECKING:
    from designer.curve import Curve

State = Literal["waiting", "running", "paused", "finished", "failed", "interrupted"]

RATE, SPEED = "learning_rate", "samples_per_second"


@dataclass
class History:
    """Grows with the messages of one run; `curves[name][part]` are over steps."""

    state: State = "waiting"
    started: Started | None = None
    progress: Progress | None = None
    epoch: Epoch | None = None
    finished: Finished | None = None
    failed: Failed | None = None
    curves: dict[str, dict[str, Curve]] = field(default_factory=dict)
    told: list[Message] = field(default_factory=list)
    """Everything but progress, in the order in which it came."""

    def add(self, messages: Iterable[Message]) -> None:
        """Goes on with `messages`, many at a time."""
        points: dict[tuple[str, str], list[tuple[float, float]]] = {}
        for message in messages:
            if isinstance(message, Resumed):
                self._draw(points)
                points.clear()
            self._take(message)
            for name, part, value in _values(message):
                points.setdefault((name, part), []).append((float(getattr(message, "step", 0)), value))
        self._draw(points)

    @property
    def steps_per_epoch(self) -> int:
        return max(1, self.started.steps_per_epoch) if self.started else 1

    @property
    def steps(self) -> int:
        """How many steps the whole training has."""
        return self.started.epochs * self.started.steps_per_epoch if self.started else 0

    @property
    def step(self) -> int:
        """How many steps are done."""
        last = self.finished or self.progress or self.epoch
        return last.step if last else 0

    def seconds_left(self) -> float | None:
        """How long the rest takes, as the run foretells it; None while it does not."""
        return self.progress.seconds_left if self.state == "running" and self.progress else None

    def _take(self, message: Message) -> None:
        if not isinstance(message, Progress):
            self.told.append(message)
        match message:
            case Started():
                self.state, self.started, self.finished, self.failed = "running", message, None, None
            case Progress():
                self.state, self.progress = "running", message
            case Epoch():
                self.epoch = message
            case Paused():
                self.state = "paused"
            case Resumed():
                self._go_back(message.step)
            case Finished():
                self.state, self.finished = "finished", message
            case Failed():
                self.state, self.failed = "failed", message

    def _go_back(self, step: int) -> None:
        self.state, self.finished, self.failed = "running", None, None
        for parts in self.curves.values():
            for curve in parts.values():
                curve.cut(step)

    def _draw(self, points: Mapping[tuple[str, str], list[tuple[float, float]]]) -> None:
        import numpy as np  # neither is needed before there is something to draw

        from designer.curve import Curve

        for (name, part), found in points.items():
            x, y = np.array(found).T
            self.curves.setdefault(name, {}).setdefault(part, Curve()).extend(x, y)


def _values(message: Message) -> list[tuple[str, str, float]]:
    """(name, part, value) of everything a message says of one step."""
    if isinstance(message, Progress):
        own = {"loss": message.loss, **message.metrics, RATE: message.learning_rate, SPEED: message.samples_per_second}
        return [(name, "train", value) for name, value in own.items() if value is not None]
    if isinstance(message, Epoch):
        return [(name, "validation", value) for name, value in message.validation.items() if value is not None]
    return []


def clock(moment: float) -> str:
    """A moment as the time of day."""
    return time.strftime("%H:%M:%S", time.localtime(moment))
