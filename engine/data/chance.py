"""Random choices that follow from a position in the training alone, so that they can be repeated from anywhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.data.columns import Array, Rows, Stretches

_GOLDEN, _FIRST, _SECOND = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


def number(*words: int | str) -> int:
    """A 64-bit number made of `words`, the same on every machine."""
    return int.from_bytes(hashlib.sha256(repr(words).encode()).digest()[:8], "little")


def order(count: int, seed: int, epoch: int) -> Array:
    """The numbers below `count` in the order of an epoch, in 4 bytes each where they fit."""
    mixed = np.arange(count, dtype=np.int32 if count < 2**31 else np.int64)
    np.random.default_rng(number("order", seed, epoch)).shuffle(mixed)
    return mixed


def order_of(rows: Rows, stretches: Stretches | None, seed: int, epoch: int) -> Array:
    """The places in `rows` in the order of an epoch: mixed, or of stretches in any order those of a few at a time."""
    if stretches is None:
        return order(len(rows), seed, epoch)
    owners = np.searchsorted(stretches.starts, rows, side="right").astype(np.int32)
    is_there = np.bincount(owners) > 0
    turns = np.zeros(len(is_there), np.int32)
    turns[is_there] = order(int(is_there.sum()), seed, epoch) // stretches.together
    mixed = np.empty(len(rows), np.int32)
    mixed[order(len(rows), seed, epoch)] = np.arange(len(rows), dtype=np.int32)
    return mixed[np.argsort(turns[owners[mixed]], kind="stable")]


@dataclass(frozen=True)
class Draws:
    """Random numbers for each of some rows: each follows from (seed, epoch, what for, row), not from its neighbours."""

    rows: Rows
    key: int = 0

    @classmethod
    def at(cls, rows: Rows, seed: int, epoch: int) -> Draws:
        """Those of one epoch."""
        return cls(rows, number("draws", seed, epoch))

    def purpose(self, name: str) -> Draws:
        """Others for another use; columns that are transformed alike have the same."""
        return replace(self, key=number(self.key, name))

    def only(self, place: int) -> Draws:
        """Those of one of the rows."""
        return replace(self, rows=self.rows[place : place + 1])

    def shares(self, which: int = 0) -> NDArray[np.float64]:
        """For every row a number from 0 to below 1, evenly; `which` gives one after the other."""
        return (self._bits(which) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def below(self, limit: int, which: int = 0) -> Rows:
        """For every row a whole number from 0 to below `limit`."""
        return (self.shares(which) * limit).astype(np.int64)

    def between(self, span: Sequence[float], which: int = 0) -> NDArray[np.float64]:
        """For every row a number from `span[0]` to below `span[1]`, evenly."""
        return span[0] + self.shares(which) * (span[1] - span[0])

    def around(self, reach: float, which: int = 0) -> NDArray[np.float64]:
        """For every row a number from `-reach` to below `reach`, evenly."""
        return self.between((-reach, reach), which)

    def generators(self) -> Iterator[np.random.Generator]:
        """For every row a source of as many random numbers as it takes."""
        for key in self._bits(0).tolist():
            yield np.random.Generator(np.random.Philox(key=key))

    def _bits(self, which: int) -> NDArray[np.uint64]:
        return _mixed(self.rows.astype(np.uint64) * _GOLDEN + np.uint64(number(self.key, which)))


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's finalizer (Steele, Lea, Flood 2014), wrapping around as intended."""
    values = (values ^ (values >> np.uint64(30))) * _FIRST
    values = (values ^ (values >> np.uint64(27))) * _SECOND
    return values ^ (values >> np.uint64(31))
