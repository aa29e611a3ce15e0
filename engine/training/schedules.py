"""Schedules: the learning rate as a factor of the base rate over t, steps or epochs since the warm-up's end."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from engine.declare import Family, Range, Record
from engine.layers.base import Count, Fraction, Natural, Positive

SCHEDULES = Family("schedule")


class ScheduleRule(Record):
    """A factor on the base learning rate."""

    def factor(self, t: int, total: int) -> float:
        """The factor at `t` of `total` steps or epochs, both counted after the warm-up, from 0."""
        raise NotImplementedError

    def lowered(self, before: float, waited: int) -> float:
        """A further factor, `before` so far and 1 at first, after `waited` validations without a better value."""
        return before


@SCHEDULES.declare
class ConstantRate(ScheduleRule):
    """1, always. Caffe's `fixed`."""

    SPELLING: ClassVar[str] = "constant"

    def factor(self, t: int, total: int) -> float:
        return 1.0


@SCHEDULES.declare
class Step(ScheduleRule):
    """gamma^⌊t / every⌋. Caffe's `step`."""

    every: Annotated[Count, "Length of a stair."] = 10
    gamma: Annotated[Positive, "Factor from stair to stair."] = 0.1

    def factor(self, t: int, total: int) -> float:
        return float(self.gamma ** (t // self.every))


@SCHEDULES.declare
class MultiStep(ScheduleRule):
    """gamma^(how many of `at` have come). Caffe's `multistep`."""

    at: Annotated[tuple[Natural, ...], "Where the rate changes."] = ()
    gamma: Annotated[Positive, "Factor at each of them."] = 0.1

    def factor(self, t: int, total: int) -> float:
        return float(self.gamma ** sum(t >= place for place in self.at))


@SCHEDULES.declare
class Exponential(ScheduleRule):
    """gamma^t. Caffe's `exp`."""

    gamma: Annotated[Positive, "Factor from one to the next."] = 0.95

    def factor(self, t: int, total: int) -> float:
        return float(self.gamma**t)


@SCHEDULES.declare
class Polynomial(ScheduleRule):
    """(1 − t / total)^power. Caffe's `poly`."""

    power: Annotated[float, Range(0), "Exponent."] = 1.0

    def factor(self, t: int, total: int) -> float:
        return float(max(0.0, 1 - t / max(1, total)) ** self.power)


@SCHEDULES.declare
class Inverse(ScheduleRule):
    """(1 + gamma·t)^(−power). Caffe's `inv`."""

    gamma: Annotated[float, Range(0), "How fast it falls."] = 0.0001
    power: Annotated[float, Range(0), "Exponent."] = 0.75

    def factor(self, t: int, total: int) -> float:
        return float((1 + self.gamma * t) ** -self.power)


@SCHEDULES.declare
class Sigmoidal(ScheduleRule):
    """1 / (1 + exp(−gamma·(t − middle))). Caffe's `sigmoid`; a negative gamma lets it fall."""

    SPELLING: ClassVar[str] = "sigmoid"

    gamma: Annotated[float, "How steep it is."] = -0.01
    middle: Annotated[Natural, "Where it is one half."] = 1000

    def factor(self, t: int, total: int) -> float:
        exponent = -self.gamma * (t - self.middle)
        return 1 / (1 + math.exp(exponent)) if exponent < EXTREME else 0.0


EXTREME = 700.0
"""Beyond it exp is no number any more."""


@SCHEDULES.declare
class Cosine(ScheduleRule):
    """end + (1 − end)·(1 + cos(π·t / total)) / 2. Loshchilov and Hutter 2017, eq. 5, without restarts."""

    end: Annotated[float, Range(0), "The factor at the end."] = 0.0

    def factor(self, t: int, total: int) -> float:
        return _between(1.0, self.end, min(1.0, t / max(1, total)))


@SCHEDULES.declare
class OneCycle(ScheduleRule):
    """From `begin` to 1 over the share `rise` of the training, then to `end`, by half a cosine each. Smith 2018."""

    rise: Annotated[Fraction, "Share of the training in which the rate rises."] = 0.3
    begin: Annotated[Positive, "The factor at the beginning."] = 0.04
    end: Annotated[float, Range(0), "The factor at the end."] = 4e-06

    def factor(self, t: int, total: int) -> float:
        top, last = self.rise * total - 1, total - 1
        if t <= top:
            return _between(self.begin, 1.0, t / top if top > 0 else 1.0)
        return _between(1.0, self.end, min(1.0, (t - max(0.0, top)) / max(1.0, last - max(0.0, top))))


@SCHEDULES.declare
class Restarts(ScheduleRule):
    """As cosine, over and over: the first fall is `first` long, each later one `longer` times the one before it.

    Loshchilov and Hutter 2017, eq. 5: T₀ and T_mult.
    """

    first: Annotated[Count, "Length of the first fall."] = 10
    longer: Annotated[Count, "How many times as long each fall is as the one before it."] = 1
    end: Annotated[float, Range(0), "The factor at the end of each."] = 0.0

    def factor(self, t: int, total: int) -> float:
        length = self.first
        while t >= length and self.longer > 1:
            t, length = t - length, length * self.longer
        return _between(1.0, self.end, t % length / length)


@SCHEDULES.declare
class Plateau(ScheduleRule):
    """gamma for every `patience` validations in a row without a better value of what tells the best; not below `least`.

    What tells the best is the recipe's `stop { metric }`, else the loss of the validation part.
    """

    gamma: Annotated[Positive, "Factor each time."] = 0.1
    patience: Annotated[Count, "Validations without a better value before each."] = 3
    least: Annotated[float, Range(0), "The lowest factor."] = 0.0

    def factor(self, t: int, total: int) -> float:
        return 1.0

    def lowered(self, before: float, waited: int) -> float:
        is_time = waited > 0 and waited % self.patience == 0
        return max(self.least, before * self.gamma) if is_time else before


def _between(begin: float, end: float, share: float) -> float:
    """Half a cosine from `begin` to `end`."""
    return end + (begin - end) * (1 + math.cos(math.pi * share)) / 2
