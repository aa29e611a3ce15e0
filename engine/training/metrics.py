"""Metrics: what is reported besides the loss, gathered batch by batch in numpy."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from engine.declare import Family, Range, Record, name_of
from engine.layers.base import Count

METRICS = Family("metric")

Compared = Literal["classes", "decisions", "numbers"]

Average = Annotated[
    Literal["macro", "micro"], "The mean of all classes' own values, or one value of all their decisions together."
]
Only = Annotated[int | None, Range(0), "The one class that counts; none: all."]


class MetricRule(Record):
    """What compares predictions with targets."""

    RISES: ClassVar[bool] = True
    """Whether more is better."""
    COMPARES: ClassVar[tuple[Compared, ...]] = ("classes", "decisions")
    """What it understands: one class out of several, a yes or no for every score, numbers."""
    WHOLE: ClassVar[bool] = False
    """Whether it is measured of all samples at once: of what is validated, not while the weights change."""
    TABLE: ClassVar[bool] = False
    """Whether it is a table instead of a number."""

    def called(self) -> str:
        """The name it is reported by: `accuracy`, `top5_accuracy`."""
        return name_of(self)


@METRICS.declare
class Accuracy(MetricRule):
    """Share of samples whose largest score is the target's; for one score a sample, whose sign is right."""


@METRICS.declare
class TopK(MetricRule):
    """Share of samples whose target is among the k largest scores."""

    SPELLING: ClassVar[str] = "top_k"
    COMPARES: ClassVar[tuple[Compared, ...]] = ("classes",)

    k: Annotated[Count, "How many scores count."] = 5

    def called(self) -> str:
        return f"top{self.k}_accuracy"


class ByClass(MetricRule):
    """A share that every class has: of its hits among what was taken for it, what is it, or both."""

    average: Average = "macro"
    only: Only = None

    def called(self) -> str:
        if self.only is not None:
            return f"class{self.only}_{name_of(self)}"
        return name_of(self) if self.average == "macro" else f"micro_{name_of(self)}"


@METRICS.declare
class Precision(ByClass):
    """Of what was taken for a class the share that is it; the mean over classes that were given or found."""


@METRICS.declare
class Recall(ByClass):
    """Of what is of a class the share that was found; the mean over classes that were given or found."""


@METRICS.declare
class F1(ByClass):
    """2·hits / (given + found), precision's and recall's harmonic mean; the mean over classes given or found."""


@METRICS.declare
class IoU(ByClass):
    """Hits / (given or found), of every class; the mean over classes that were given or found. Jaccard 1901."""


@METRICS.declare
class RocAuc(MetricRule):
    """How often a sample of a class has a higher score for it than one of another, ties counting half. Hanley 1982.

    Of several classes each against the rest, by its probability; the mean over classes that have both kinds. It is
    exact, and therefore keeps every score until the part is through.
    """

    WHOLE: ClassVar[bool] = True


@METRICS.declare
class ConfusionMatrix(MetricRule):
    """How often each class, by rows, was taken for each class, by columns; of decisions, no and yes."""

    WHOLE: ClassVar[bool] = True
    TABLE: ClassVar[bool] = True


@METRICS.declare
class Perplexity(MetricRule):
    """exp of the mean of −log p(target): from how many equally likely ones it would have to choose."""

    RISES: ClassVar[bool] = False


class Error(MetricRule):
    """A distance between numbers."""

    RISES: ClassVar[bool] = False
    COMPARES: ClassVar[tuple[Compared, ...]] = ("numbers",)


@METRICS.declare
class MeanAbsoluteError(Error):
    """mean |prediction − target|."""

    SPELLING: ClassVar[str] = "mae"


@METRICS.declare
class RootMeanSquaredError(Error):
    """√ mean (prediction − target)²."""

    SPELLING: ClassVar[str] = "rmse"


@METRICS.declare
class RSquared(MetricRule):
    """1 − Σ(target − prediction)² / Σ(target − mean target)²."""

    SPELLING: ClassVar[str] = "r2"
    COMPARES: ClassVar[tuple[Compared, ...]] = ("numbers",)
