"""What a training tells: frozen values, one an event, each a line of the run's `events.jsonl`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal

from engine.plain import plain

Numbers = Mapping[str, float]
"""Means by name: `loss`, `accuracy`, … over some samples."""

Table = Sequence[Sequence[int]]
"""Counts, row by row."""

Reason = Literal["done", "stopped", "early"]


@dataclass(frozen=True)
class Message:
    """Something that happened in a training, `time` seconds after the epoch of Unix."""

    EVENT: ClassVar[str] = ""

    time: float


@dataclass(frozen=True)
class Started(Message):
    """The first step is about to be taken, under this plan."""

    EVENT: ClassVar[str] = "started"

    run: str
    plan: Mapping[str, Any]
    epochs: int
    steps_per_epoch: int


@dataclass(frozen=True)
class Progress(Message):
    """Means since the last of its kind; `step` steps are done, in the `epoch`-th epoch (from 1).

    How long an epoch and the rest take is a forecast, validations included, but for stopping early; None at first.
    """

    EVENT: ClassVar[str] = "progress"

    step: int
    epoch: int
    loss: float
    metrics: Numbers
    learning_rate: float
    samples_per_second: float
    seconds_per_epoch: float | None = None
    seconds_left: float | None = None


@dataclass(frozen=True)
class Epoch(Message):
    """`epoch` epochs are done (a fraction, where validation comes within one): means of its training, validation.

    `tables` are the validation's metrics that are more than a number, by name: a confusion matrix has a row for every
    target, a column for every class that it was taken for.
    """

    EVENT: ClassVar[str] = "epoch"

    step: int
    epoch: float
    train: Numbers
    validation: Numbers
    tables: Mapping[str, Table] = field(default_factory=dict)


@dataclass(frozen=True)
class Checkpoint(Message):
    """A checkpoint was written to `path`, relative to the run; `best` where no other was better."""

    EVENT: ClassVar[str] = "checkpoint"

    step: int
    path: str
    best: bool


@dataclass(frozen=True)
class Noticed(Message):
    """Something to know that does not end the training."""

    EVENT: ClassVar[str] = "problem"

    severity: str
    node: str
    message: str


@dataclass(frozen=True)
class Paused(Message):
    """The training waits after `step` steps."""

    EVENT: ClassVar[str] = "paused"

    step: int


@dataclass(frozen=True)
class Resumed(Message):
    """The training goes on after `step` steps; what was told of later ones is void."""

    EVENT: ClassVar[str] = "resumed"

    step: int


@dataclass(frozen=True)
class Finished(Message):
    """The last line of a training that ended as it should; means of the last epoch and of the best."""

    EVENT: ClassVar[str] = "finished"

    reason: Reason
    step: int
    train: Numbers
    validation: Numbers
    best: Mapping[str, float]
    samples_per_second: float = 0.0


@dataclass(frozen=True)
class Failed(Message):
    """The last line of a training that could not go on, and the node where it failed if one is known."""

    EVENT: ClassVar[str] = "failed"

    message: str
    node: str = ""
    detail: str = ""


KINDS: Mapping[str, type[Message]] = {
    kind.EVENT: kind for kind in (Started, Progress, Epoch, Checkpoint, Noticed, Paused, Resumed, Finished, Failed)
}


def to_json(message: Message) -> dict[str, Any]:
    """The event as it is written."""
    values = {declared.name: getattr(message, declared.name) for declared in fields(message)}
    return {"event": message.EVENT, **plain(values)}


def from_json(event: Mapping[str, Any]) -> Message | None:
    """The message an event stands for; None for one of another version, which is not ours to understand."""
    kind = KINDS.get(event.get("event", ""))
    if kind is None:
        return None
    known = {declared.name: event[declared.name] for declared in fields(kind) if declared.name in event}
    try:
        return kind(**{"time": 0.0, **known})
    except TypeError:  # a field is missing
        return None


@dataclass
class Story:
    """What of a run's messages holds: those of steps that were taken again after a `Resumed` are taken out."""

    messages: list[Message] = field(default_factory=list)

    def add(self, messages: Iterable[Message]) -> None:
        """Goes on with `messages`."""
        for message in messages:
            if isinstance(message, Resumed):
                self.messages = [told for told in self.messages if getattr(told, "step", 0) <= message.step]
            self.messages.append(message)

    def last(self, *kinds: type[Message]) -> Message | None:
        """The last message of these kinds."""
        return next((told for told in reversed(self.messages) if isinstance(told, kinds)), None)
