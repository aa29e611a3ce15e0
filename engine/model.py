"""The model: one document, one schema file, one immutable value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from engine.data.spec import DataSpec
from engine.declare import Comment, Family, OneOf, Record, Spelled
from engine.drawing import Drawing
from engine.layers.base import Count, Positive
from engine.network import Network
from engine.training.recipe import Recipe

RANGES = Family("range")


class SweepRange(Record):
    """The values that a swept field takes."""


@RANGES.declare
class Log(SweepRange):
    """`count` values from `from` to `to`, each the same multiple of the one before."""

    start: Annotated[Positive, Spelled("from")]
    end: Annotated[Positive, Spelled("to")]
    count: Count = 5


@RANGES.declare
class Linear(SweepRange):
    """`count` values from `from` to `to`, evenly."""

    start: Annotated[float, Spelled("from")]
    end: Annotated[float, Spelled("to")]
    count: Count = 5


class Sweep(Record):
    """A field of the model that takes several values, one a run."""

    field: str
    range: Annotated[SweepRange, OneOf(RANGES)]
    note: Annotated[str, Comment] = ""


@dataclass(frozen=True)
class Model:
    """Everything a schema file holds. Comments belong to nodes and sections (`note`); `head` and `tail` to the file."""

    name: str = ""
    network: Network = Network()
    recipe: Recipe = Recipe()
    data: DataSpec = DataSpec()
    drawing: Drawing = Drawing()
    sweeps: tuple[Sweep, ...] = ()
    weights: str = ""
    head: str = ""
    tail: str = ""
