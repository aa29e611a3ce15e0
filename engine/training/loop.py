"""The training loop: steps over a program, told as messages. Everything else (files, screens) is made from those."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.backends.base import Batch, Program
from engine.data.changes import refuse_changes, stamps
from engine.errors import DataError, NetwrightError, Problem
from engine.training import messages
from engine.training.checkpoints import Checkpoints, Snapshot
from engine.training.divergence import Diverged, culprit
from engine.training.evaluation import Queue, evaluate, in_order
from engine.training.forecast import Forecast
from engine.training.gauges import Tally, gauges_of
from engine.training.messages import Message, Reason, Table
from engine.training.position import Position
from engine.training.rates import Rates
from engine.training.steering import Commands, Steering, nobody
from engine.training.throughput import Throughput

if TYPE_CHECKING:
    from engine.data.dataset import Data
    from engine.model import Model

TELL_EVERY = 0.05
"""Seconds between two progress messages, at least: more would slow the training, and nobody could see them."""
KEEP_EVERY = 30.0
"""Seconds between two checkpoints, at most."""
KEEP_AGAIN = 2.0
"""Seconds between two checkpoints at the ends of epochs, at least: short ones would do little else."""
WAIT = 0.05
"""Seconds between two looks at the commands while paused."""


@dataclass(frozen=True)
class Job:
    """All that a training needs. The network of `model` is what is executed: no muted nodes, no blocks."""

    model: Model
    program: Program
    data: Data
    checkpoints: Checkpoints
    commands: Callable[[], Commands] = nobody
    run: str = ""
    plan: Mapping[str, Any] = field(default_factory=dict)
    notices: tuple[Problem, ...] = ()
    clock: Callable[[], float] = time.monotonic


def train(job: Job) -> Iterator[Message]:
    """Trains from the last checkpoint, or from the start, to the end; the last message is Finished or Failed."""
    return Training(job).messages()


class Unfed(Exception):
    """The next batch cannot be had; `error` tells why."""

    def __init__(self, error: DataError) -> None:
        super().__init__(error.message)
        self.error = error


class Training:
    """One training under way."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.recipe = recipe = job.model.recipe
        self.part, self.held_out = job.data.part("train"), job.data.parts.get("validation")
        self.samples = recipe.batch_size * recipe.accumulate
        self.steps_per_epoch = -(-len(self.part) // self.samples)
        self.total = recipe.steps or recipe.epochs * self.steps_per_epoch
        if not self.total:
            raise NetwrightError("there is nothing to train: the recipe's length is 0, or the training part is empty")
        per = self.steps_per_epoch if recipe.schedule.per == "epoch" else 1
        self.rates = Rates(recipe.schedule.rule, self.total, per, recipe.schedule.warmup)
        self.gauges = gauges_of(job.model.network, recipe)
        tally = Tally(tuple(gauge for gauge in self.gauges if not gauge.rule.WHOLE))
        self.at = Position(recipe.optimizer.rule.learning_rate, tally)
        self.watched, self.rises = self._watched()
        self.recent = self.at.tally.fresh()
        self.steering = Steering(job.commands)
        self.throughput = Throughput(job.clock)
        self.forecast = self._forecast()
        self.queue = Queue()
        self.stamps = stamps(job.data.files)
        self.reason: Reason | None = None
        self.best: Snapshot | None = None
        self.rates_since_kept: list[float] = []
        self.rate = 0.0
        self.told = self.kept = job.clock()

    def messages(self) -> Iterator[Message]:
        """The training from here to its end."""
        epochs = -(-self.total // self.steps_per_epoch)
        yield messages.Started(time.time(), self.job.run, self.job.plan, epochs, self.steps_per_epoch)
        for problem in self.job.notices:
            yield messages.Noticed(time.time(), problem.severity, problem.node, problem.message)
        try:
            yield from self._begin()
            while self.at.step < self.total and self.reason is None:
                yield from self._epoch()
            yield from self._keep()
            yield self._finished()
        except Diverged as diverged:
            yield self._failed(diverged.step)
        except Unfed as unfed:
            yield from self._keep()  # what was learned so far is not lost
            raise unfed.error from None

    def _begin(self) -> Iterator[Message]:
        kept = self.job.checkpoints.load("last")
        if kept is None:
            yield from self._keep()  # so that there is always one to go back to
        else:
            self.job.program.load_weights(kept.weights)
            self.job.program.load_state(kept.state)
            self.at.load(kept.position)
            yield messages.Resumed(time.time(), self.at.step)
        self.throughput.start()

    def _epoch(self) -> Iterator[Message]:
        """Steps to the end of the epoch, or to where the training ends within it."""
        for batch in self._fed():
            yield from self._obey()
            if self.reason is not None or self.at.step >= self.total:
                return
            self._step(batch)
            yield from self._after_step()

    def _fed(self) -> Iterator[Batch]:
        """The batches from here to the end of the epoch. Raises Unfed."""
        try:
            refuse_changes(self.stamps)
            yield from self._batches(self.at.step)
        except DataError as error:
            raise Unfed(error) from error

    def _batches(self, step: int) -> Iterator[Batch]:
        """The batches from `step` to the end of its epoch."""
        epoch, start = divmod(step, self.steps_per_epoch)
        return self.part.batches(self.samples, self.recipe.seed, epoch, shuffle=True, start=start)

    def _step(self, batch: Batch) -> None:
        rate = self.at.base_rate * self._factor()
        self.queue.put(batch, self.job.program.train_step(batch, rate, self.at.step))
        self.rates_since_kept.append(rate)
        self.at.step += 1
        self._absorb(left=1)

    def _factor(self) -> float:
        """What the schedule makes of the base rate in the next step."""
        return self.rates.factor(self.at.step) * self.at.lowered

    def _absorb(self, left: int = 0) -> None:
        """Counts what the steps gave, all but the `left` last ones. Raises Diverged."""
        for batch, outcome in self.queue.ready(left):
            if not math.isfinite(outcome.loss):
                raise Diverged(self._counted() - 1)
            counted = self.recent.count(batch, outcome)
            self.at.tally.add(counted)
            self.recent.add(counted)
            self.throughput.count(counted.samples)
            self.forecast.step(self.throughput.seconds())
            self.rate = self.rates_since_kept[-1 - len(self.queue)]

    def _counted(self) -> int:
        """How many steps are done whose outcome has come."""
        return self.at.step - len(self.queue)

    def _after_step(self) -> Iterator[Message]:
        yield from self._tell()
        if self._is_end_of_epoch() or self._is_validation_due():
            yield from self._judge()
        elif self._is_time(self.kept, KEEP_EVERY):
            yield from self._keep()

    def _is_time(self, last: float, every: float) -> bool:
        return self.job.clock() - last >= every

    def _is_end_of_epoch(self) -> bool:
        return self.at.step % self.steps_per_epoch == 0 or self.at.step == self.total

    def _is_validation_due(self) -> bool:
        return self.at.step % self._validated_every() == 0 or self.at.step == self.total

    def _validated_every(self) -> int:
        """Steps from one validation to the next."""
        due = self.recipe.validate
        return due.every * (1 if due.per == "step" else self.steps_per_epoch)

    def _forecast(self) -> Forecast:
        size = len(self.held_out) / self.samples if self.held_out else 0.0
        return Forecast(self.total, self.steps_per_epoch, self._validated_every(), size)

    def _tell(self) -> Iterator[Message]:
        """How it goes, if there is something new and it is time."""
        if not self.recent.samples or not self._is_time(self.told, TELL_EVERY):
            return
        self.told = self.job.clock()
        means, self.recent = self.recent.means(), self.recent.fresh()
        loss, step = means.pop("loss"), self._counted()
        epoch = -(-step // self.steps_per_epoch)
        speed, forecast = self.throughput.lately(), (self.forecast.epoch(), self.forecast.left(step))
        yield messages.Progress(time.time(), step, epoch, loss, means, self.rate, speed, *forecast)

    def _judge(self) -> Iterator[Message]:
        """The means of the epoch so far and, if they are due, of the validation part: are they the best?"""
        self._absorb()
        self.throughput.stop()
        yield from self._tell()
        epoch = self._epochs_done()
        self.at.train = self.at.tally.means()
        if self._is_end_of_epoch():
            self.at.tally = self.at.tally.fresh()
        is_due = self._is_validation_due()
        tables = self._validate(epoch) if is_due else {}
        told = self.at.validation if is_due else {}
        yield messages.Epoch(time.time(), self.at.step, epoch, self.at.train, told, tables)
        if self._is_time(self.kept, KEEP_AGAIN):
            yield from self._keep()
        self.throughput.start()

    def _epochs_done(self) -> float:
        """Whole, but for a validation within an epoch."""
        whole, rest = divmod(self.at.step, self.steps_per_epoch)
        return whole + rest / self.steps_per_epoch if rest else whole

    def _validate(self, epoch: float) -> Mapping[str, Table]:
        """Runs through the validation part and judges what it gives; the metrics that are tables."""
        tally, begun = Tally(self.gauges), self.job.clock()
        if self.held_out:
            batches = in_order(self.held_out, self.recipe.batch_size)
            self.at.validation = evaluate(self.job.program, batches, tally)
        self.forecast.validation(self.job.clock() - begun)
        stop = self.recipe.stop
        if self.at.judge(self.watched, epoch, self.rises) and (stop is None or stop.restore_best):
            self.best = self._snapshot()  # a run stands for its best weights, where it keeps them
        self.at.lowered = self.recipe.schedule.rule.lowered(self.at.lowered, self.at.waited)
        if stop is not None and self.at.waited >= stop.patience:
            self.reason = "early"
        return tally.tables()

    def _watched(self) -> tuple[str, bool]:
        """What tells the best and when to stop early, and whether more of it is better.

        Raises NetwrightError where nothing is called so.
        """
        parts = {"validation": self.gauges} if self.held_out else {}
        measured = {
            f"{part}_{name}": rises
            for part, gauges in (parts | {"train": self.at.tally.gauges}).items()
            for name, rises in {"loss": False, **{g.name: g.rule.RISES for g in gauges if not g.rule.TABLE}}.items()
        }
        watched = self.recipe.stop.metric if self.recipe.stop else next(iter(measured))
        if watched not in measured:
            raise NetwrightError(f"the recipe stops by {watched!r}, but what is measured is {', '.join(measured)}")
        return watched, measured[watched]

    def _snapshot(self) -> Snapshot:
        """What there is, copied. Raises Diverged when a weight is not finite."""
        program = self.job.program
        weights = {name: np.array(value) for name, value in program.weights().items()}
        if not all(np.isfinite(value).all() for value in weights.values()):
            raise Diverged(self.at.step - 1)
        return Snapshot(weights, {name: np.array(v) for name, v in program.state().items()}, self.at.state())

    def _keep(self) -> Iterator[Message]:
        """Writes the checkpoints: the best if there is a new one, then where the training stands."""
        self._absorb()
        last = self._snapshot()
        if self.best is not None:
            self.job.checkpoints.save("best", self.best)
            yield messages.Checkpoint(time.time(), self.best.position["step"], "checkpoints/best", True)
            self.best = None
        self.job.checkpoints.save("last", last)
        self.rates_since_kept.clear()
        self.kept = self.job.clock()
        yield messages.Checkpoint(time.time(), self.at.step, "checkpoints/last", False)

    def _obey(self) -> Iterator[Message]:
        self.steering.look()
        if self.steering.is_paused:
            yield from self._pause()
        yield from self._grant()
        if self.steering.is_stopped:
            self.reason = "stopped"

    def _pause(self) -> Iterator[Message]:
        self.throughput.stop()
        yield from self._keep()
        yield messages.Paused(time.time(), self.at.step)
        while self.steering.is_paused and not self.steering.is_stopped:
            yield from self._grant()
            time.sleep(WAIT)
            self.steering.look()
        if not self.steering.is_stopped:
            yield messages.Resumed(time.time(), self.at.step)
            self.throughput.start()

    def _grant(self) -> Iterator[Message]:
        """What can be done at once, paused or not."""
        rate = self.steering.take_learning_rate()
        factor = self._factor() if rate is not None else 0.0
        if rate is not None and factor > 0:
            self.at.base_rate = rate / factor  # the next step has this rate; from there it follows the schedule
        if self.steering.take_checkpoint():
            yield from self._keep()

    def _finished(self) -> Message:
        at, reason = self.at, self.reason or "done"
        speed = self.throughput.overall()
        return messages.Finished(time.time(), reason, at.step, at.train, at.validation, at.best, speed)

    def _failed(self, step: int) -> Message:
        good = self.job.checkpoints.load("last")
        if good is None:  # not even the first weights were finite
            return messages.Failed(time.time(), "the first weights are not finite numbers")
        kept = good.position["step"]
        node = culprit(self.job.program, good, self._batches_from(kept), self.rates_since_kept, step)
        text = f"numbers are no longer finite in step {step + 1}; the checkpoint after step {kept} is kept"
        hint = "A lower learning rate, a warm-up or clipped gradients may help."
        return messages.Failed(time.time(), text, node, hint)

    def _batches_from(self, step: int) -> Iterator[Batch]:
        while True:
            for batch in self._batches(step):
                step += 1
                yield batch
