"""What MXNet gave, on its way to numpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.backends.base import Array, Outcome
from engine.backends.gluon.optimizers import NDArray
from engine.backends.graph import Source
from engine.backends.phases import Phase, written
from engine.layers.base import Signal

Value = NDArray | Array
"""What MXNet computes, or what a batch brought."""


@dataclass(frozen=True)
class Part:
    """What one piece of a batch gave: its share of the samples, the values kept."""

    share: float
    values: Mapping[Source, Value]


@dataclass(frozen=True)
class GluonPending:
    """An outcome that MXNet may still be computing."""

    phase: Phase
    parts: Sequence[Part]

    def fetch(self) -> Outcome:
        losses = {name: factor * self._mean((name, 0)) for name, factor in self.phase.losses.items()}
        outputs = {written(source): self._whole(source) for source in self.phase.reported}
        return Outcome(sum(losses.values()), losses, outputs)

    def _mean(self, source: Source) -> float:
        return float(sum(part.share * as_numpy(part.values[source]).item() for part in self.parts))

    def _whole(self, source: Source) -> Array:
        signal = self.phase.graph.signals[source]
        pieces = [to_numpy(part.values[source], signal) for part in self.parts]
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


def to_numpy(value: Value, signal: Signal) -> Array:
    """As numpy has it, indices as whole numbers: in MXNet's graphs they are floats."""
    values = as_numpy(value)
    return values.astype(np.int64, copy=False) if signal.values == "index" else values


def as_numpy(value: Value) -> Array:
    """Waits for it where MXNet computes it."""
    values: Array = value if isinstance(value, np.ndarray) else value.asnumpy()
    return values
