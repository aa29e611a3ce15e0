"""Metrics: numbers reported besides the loss, gathered batch by batch in numpy."""

from __future__ import annotations

from typing import Annotated, ClassVar

from engine.declare import Family, Record
from engine.layers.base import Count

METRICS = Family("metric")


class MetricRule(Record):
    """A number that compares predictions with targets."""


@METRICS.declare
class Accuracy(MetricRule):
    """Share of samples whose largest score is the target's; for one score a sample, whose sign is right."""


@METRICS.declare
class TopK(MetricRule):
    """Share of samples whose target is among the k largest scores."""

    SPELLING: ClassVar[str] = "top_k"

    k: Annotated[Count, "How many scores count."] = 5


@METRICS.declare
class MeanAbsoluteError(MetricRule):
    """mean |prediction − target|."""

    SPELLING: ClassVar[str] = "mae"


@METRICS.declare
class RSquared(MetricRule):
    """1 − Σ(target − prediction)² / Σ(target − mean target)²."""

    SPELLING: ClassVar[str] = "r2"
