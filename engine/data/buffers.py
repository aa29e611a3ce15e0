"""Memory for batches, used again and again: pages that are new to the process cost more than filling them."""

from __future__ import annotations

import math
import weakref

import numpy as np
from numpy.typing import DTypeLike

from engine.data.columns import Array
from engine.layers.base import Shape

NOTHING = np.empty(0, np.uint8)


class Loan:
    """What arrays in lent memory hold on to; it goes when the last of them, and of their views, has gone."""

    def __init__(self, memory: Array) -> None:
        self.__array_interface__ = memory.__array_interface__


class Buffers:
    """Lends memory and gets it back when nobody holds it any longer."""

    def __init__(self) -> None:
        self._free: list[Array] = []

    def array(self, shape: Shape, kind: DTypeLike) -> Array:
        """An array with anything in it."""
        size = math.prod(shape) * np.dtype(kind).itemsize
        memory = self._free.pop() if self._free else NOTHING
        if len(memory) < size:
            memory = np.empty(size, np.uint8)
        loan = Loan(memory)
        weakref.finalize(loan, self._free.append, memory).atexit = False
        return np.asarray(loan)[:size].view(kind).reshape(shape)
