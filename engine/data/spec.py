"""The data spec: where samples come from, which column feeds which node, what is done to them, how they are split."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from engine.declare import Comment, Family, OneOf, Record, Spelled
from engine.layers.base import Fraction, Natural, Positive, Shape
from engine.node import Phase

if TYPE_CHECKING:
    from engine.data.columns import Table

Part = Literal["all", "train", "validation", "test"]

SOURCES = Family("source")
TRANSFORMS = Family("transform")


class SourceRule(Record):
    """A kind of source and where it lies; paths are relative to the schema file, or `bundled:NAME`."""

    PATHS: ClassVar[tuple[str, ...]] = ("path",)
    """The fields that name files or folders."""

    def open(self, base: Path, columns: frozenset[str] | None = None) -> Table:
        """Its table, at least with `columns` (None: with all). Raises DataError with all that is wrong."""
        raise NotImplementedError

    def settled(self, table: Table) -> SourceRule:
        """With everything that was found in the data (vocabularies, means) written down."""
        return self


class TransformRule(Record):
    """Something done to every sample of a column, deterministic in (seed, epoch, sample)."""

    RANDOM: ClassVar[bool] = False
    """Whether it does something else in every epoch."""
    STEPS: ClassVar[bool] = False
    """Whether it changes how many steps a sequence has."""
    MIXES: ClassVar[bool] = False
    """Whether what it makes of indices are indices no longer."""

    @property
    def is_steady(self) -> bool:
        """Whether it makes the same of a sample in every epoch, whatever else is in the batch."""
        return not self.RANDOM

    def on_indices(self) -> TransformRule:
        """What is done in its place where the values are indices, between which there is nothing."""
        return self

    def shape(self, x: Shape) -> Shape:
        """The shape it makes of a sample's. Raises ShapeError."""
        return x


class Source(Record):
    """Where samples come from."""

    rule: Annotated[SourceRule, OneOf(SOURCES)]
    part: Annotated[Part, "Which part of the data it is; `all` is divided by `split`."] = "all"


class Split(Record):
    """How the data are divided where no source says it."""

    validation: Annotated[Fraction, "Share kept for validation."] = 0.0
    test: Annotated[Fraction, "Share kept for a last test."] = 0.0
    stratified: Annotated[bool, "Keep the classes' shares in every part."] = False
    group: Annotated[str, "A column whose equal values stay together."] = ""
    seed: Annotated[Natural, "Which of the possible divisions; apart from the recipe's, so that runs compare."] = 0


class Transform(Record):
    """One step of a feed's preparation."""

    rule: Annotated[TransformRule, OneOf(TRANSFORMS)]
    phase: Annotated[Phase, "`train`: while training only."] = "always"


class Feed(Record):
    """Which column feeds which node, and how it is prepared."""

    node: str = ""
    column: str = ""
    columns: Annotated[tuple[str, ...], "Several columns side by side, in place of `column`."] = ()
    labels: Annotated[tuple[str, ...], Spelled("label"), "Names of the classes, in order."] = ()
    mask_of: Annotated[str, "In place of a column: 1 for each step of what this node is fed with, 0 behind them."] = ""
    bucketed: Annotated[bool, "Batches hold samples of similar length of this feed, which saves padding."] = False
    white: Annotated[Positive, "The column's value of white, to which a picture from outside is brought."] = 255.0
    transforms: Annotated[tuple[Transform, ...], Spelled("transform")] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The columns it takes."""
        return self.columns or (() if self.mask_of else (self.column,))


class DataSpec(Record):
    """What a network is trained on."""

    sources: Annotated[tuple[Source, ...], Spelled("source")] = ()
    split: Split | None = None
    feeds: Annotated[tuple[Feed, ...], Spelled("feed")] = ()
    note: Annotated[str, Comment] = ""
