"""A training as it goes on: a progress bar on a terminal, a line for each epoch elsewhere. All of it on stderr."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Table

from engine.backends.base import Plan
from engine.durations import elapsed
from engine.training import messages
from engine.training.messages import Message
from engine.training.planning import in_words
from engine.training.runs import Run


class Live:
    """Shows messages."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._console = Console(stderr=True, highlight=False)
        self._progress = Progress(
            TextColumn("[bold]epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[means]}"),
            TextColumn("[dim]{task.fields[speed]:,.0f} samples/s"),
            TextColumn("[dim]{task.fields[left]}"),
            console=self._console,
            refresh_per_second=5,
            disable=not self._console.is_terminal,
        )
        self._task: TaskID | None = None
        self._steps = 0
        self._epochs = 0
        self._has_foretold = False

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._progress.stop()

    def tell(self, message: Message) -> None:
        """Shows one message."""
        show = SHOW.get(type(message))
        if show is not None:
            show(self, message)

    def _started(self, told: messages.Started) -> None:
        plan = Plan(**told.plan)
        how = f"{in_words(plan)}, {plan.threads} threads"
        self._console.print(f"{escape(str(self._run.path))}  ({how})", style="dim", soft_wrap=True)
        self._epochs, self._steps = told.epochs, told.epochs * told.steps_per_epoch
        self._task = self._progress.add_task(
            "", total=self._steps, epoch=0, epochs=told.epochs, means="starting", speed=0.0, left=""
        )

    def _moved(self, told: messages.Progress) -> None:
        means = written({"loss": told.loss, **told.metrics})
        left = "" if told.seconds_left is None else f"{elapsed(told.seconds_left)} left"
        self._update(told.step, epoch=told.epoch, means=means, speed=told.samples_per_second, left=left)
        self._foretell(told)

    def _foretell(self, told: messages.Progress) -> None:
        """Once, into a file, where no bar tells how much is left."""
        if not self._has_foretold and told.seconds_per_epoch is not None and told.seconds_left is not None:
            self._has_foretold = True
            if not self._console.is_terminal:
                text = f"about {elapsed(told.seconds_per_epoch)} an epoch, {elapsed(told.seconds_left)} left"
                self._console.print(text, style="dim")

    def _epoch(self, told: messages.Epoch) -> None:
        self._update(told.step, epoch=math.ceil(told.epoch))
        if not self._console.is_terminal:
            validation = f"  validation {written(told.validation)}" if told.validation else ""
            text = f"epoch {told.epoch:g}/{self._epochs}  {written(told.train)}{validation}"
            self._console.print(text, soft_wrap=True)

    def _noticed(self, told: messages.Noticed) -> None:
        self._console.print(f"[yellow]{told.severity}[/]:", _placed(told), soft_wrap=True)

    def _paused(self, told: messages.Paused) -> None:
        self._update(told.step, means="paused")

    def _resumed(self, told: messages.Resumed) -> None:
        self._update(told.step)
        if not self._console.is_terminal:
            self._console.print(f"going on after step {told.step}")

    def _failed(self, told: messages.Failed) -> None:
        self._console.print("[bold red]error[/]:", _placed(told), soft_wrap=True)
        self._console.print(f"  {escape(told.detail)}", style="dim", soft_wrap=True)

    def _update(self, step: int, **fields: Any) -> None:
        if self._task is not None:
            self._progress.update(self._task, completed=step, **fields)


SHOW: Mapping[type[Message], Any] = {
    messages.Started: Live._started,
    messages.Progress: Live._moved,
    messages.Epoch: Live._epoch,
    messages.Noticed: Live._noticed,
    messages.Paused: Live._paused,
    messages.Resumed: Live._resumed,
    messages.Failed: Live._failed,
}


def _placed(told: messages.Noticed | messages.Failed) -> str:
    return escape(": ".join(part for part in (told.node, told.message) if part))


def written(means: Mapping[str, float]) -> str:
    """Means in a line: `loss 0.0821  accuracy 0.9743`."""
    return "  ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in means.items())


def table_of_means(parts: Mapping[str, Mapping[str, Any]]) -> Table:
    """Means of several parts, a row each."""
    kept = {part: means for part, means in parts.items() if means}
    names = list(dict.fromkeys(name for means in kept.values() for name in means if not name.startswith(PARTS)))
    table = Table("", *(name.replace("_", " ") for name in names))
    for part, means in kept.items():
        table.add_row(part, *(f"{means[name]:.5g}" if name in means else "" for name in names))
    return table


PARTS = ("validation_", "train_")
