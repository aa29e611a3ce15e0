"""Schedules: the learning rate as a factor of the base rate over t, steps or epochs since the warm-up's end."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

from engine.declare import Family, Range, Record
from engine.layers.base import Count, Natural, Positive

SCHEDULES = Family("schedule")


class ScheduleRule(Record):
    """A factor on the base learning rate."""

    def factor(self, t: int, total: int) -> float:
        """The factor at `t` of `total` steps or epochs, both counted after the warm-up, from 0."""
        raise NotImplementedError


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
class Cosine(ScheduleRule):
    """end + (1 − end)·(1 + cos(π·t / total)) / 2. Loshchilov and Hutter 2017, eq. 5, without restarts."""

    end: Annotated[float, Range(0), "The factor at the end."] = 0.0

    def factor(self, t: int, total: int) -> float:
        return self.end + (1 - self.end) * (1 + math.cos(math.pi * min(1.0, t / max(1, total)))) / 2
