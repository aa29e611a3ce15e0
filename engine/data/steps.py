"""Which steps of padded sequences count: a feed of its own, 1 for each step of a sequence, 0 for what is behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.data.columns import Column, Rows, Samples, even
from engine.data.combined import Around
from engine.data.feeding import Feeding, feeding
from engine.data.sequences import Pad
from engine.data.spec import Feed, TransformRule
from engine.data.wants import Want
from engine.layers.base import Shape


@dataclass(frozen=True)
class Steps(Around):
    """For every sequence of a column a 1 for each of its steps."""

    @property
    def classes(self) -> tuple[str, ...]:
        return ()

    @property
    def is_lazy(self) -> bool:
        return False

    @property
    def shape(self) -> Shape:
        return self.inner.shape[:1]

    @property
    def shapes(self) -> Mapping[Shape, int]:
        found: dict[Shape, int] = {}
        for shape, row in self.inner.shapes.items():
            found.setdefault(shape[:1], row)
        return found

    @property
    def is_whole(self) -> bool:
        return True

    def take(self, rows: Rows) -> Samples:
        return even([np.ones(length, np.float32) for length in self.inner.lengths(rows).tolist()])


@dataclass(frozen=True)
class Masking(Feeding):
    """The feed of a mask: what happens to the steps of another feed happens to it, by the same chance."""

    of: Feeding

    @property
    def name(self) -> str:
        return f"the mask of {self.of.node!r}"

    def rules(self, training: bool) -> tuple[TransformRule, ...]:
        rules = (rule for rule in self.of.rules(training) if rule.STEPS)
        return tuple(replace(rule, value=0.0) if isinstance(rule, Pad) else rule for rule in rules)

    def settled(self, train: Rows) -> Feeding:
        return self


def masking(feed: Feed, want: Want, of: Feeding) -> Masking:
    """The feed of the mask of what `of` feeds."""
    return Masking(feed, want, Steps(of.column), of)


def feedings(feeds: Sequence[Feed], wants: Mapping[str, Want], columns: Mapping[str, Column]) -> list[Feeding]:
    """Every feed with its column, in their order; masks follow those that they are of."""
    plain = {feed.node: feeding(feed, wants[feed.node], columns) for feed in feeds if not feed.mask_of}
    return [
        masking(feed, wants[feed.node], plain[feed.mask_of]) if feed.mask_of else plain[feed.node] for feed in feeds
    ]
