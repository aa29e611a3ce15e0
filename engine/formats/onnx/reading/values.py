"""What flows through an ONNX graph as it is read: wires of the network that is drawn, and arrays that are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import NetwrightError
from engine.layers.base import Shape, Signal
from engine.node import Link

Array = NDArray[Any]

SAMPLES = -(2**40)
"""Stands in a shape for how many samples there are."""
ANY = SAMPLES - 1
"""Stands in a shape for any length; no other number of a shape is as low as these two."""


class Mixed(NetwrightError):
    """An operator that does not keep samples apart."""


class Unmapped(NetwrightError):
    """An operator that no layer stands for, with the reason."""


@dataclass(frozen=True)
class Wire:
    """A value that is computed: where it leaves, what a sample of it is, and which axis the samples lie along.

    `batch` is None where the whole tensor is one sample, `signal` where its shape is not known.
    """

    link: Link
    signal: Signal | None
    batch: int | None = 0

    @property
    def shape(self) -> Shape:
        """Of a sample. Raises Unmapped."""
        if self.signal is None:
            raise Unmapped("its input's shape is not known")
        return self.signal.shape

    @property
    def dims(self) -> Shape:
        """Of the whole tensor, SAMPLES and ANY in it."""
        dims = [ANY if length < 0 else length for length in self.shape]
        if self.batch is not None:
            dims.insert(self.batch, SAMPLES)
        return tuple(dims)

    @property
    def rank(self) -> int:
        """How many axes the whole tensor has."""
        return len(self.dims)


@dataclass(frozen=True)
class Given:
    """An array that is known; `source` is the initialiser that it comes from."""

    array: Array
    source: str = ""

    @property
    def dims(self) -> Shape:
        """Its lengths."""
        return tuple(map(int, self.array.shape))

    @property
    def rank(self) -> int:
        """How many axes it has."""
        return self.array.ndim


@dataclass(frozen=True)
class Rows:
    """As many rows of a known table as there are steps, a number that is not known."""

    table: Given


Value = Wire | Given


def is_open(array: Array) -> bool:
    """Whether numbers of a shape are among its values that are not known."""
    return array.dtype.kind == "i" and bool(np.isin(array, (SAMPLES, ANY)).any())
