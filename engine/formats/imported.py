"""What the reader of another format gives: a model, its weights, and what became of every part of the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from engine.model import Model

if TYPE_CHECKING:
    from numpy.typing import NDArray

Fate = Literal["mapped", "approximated", "unknown", "ignored"]


@dataclass(frozen=True)
class Note:
    """What became of one part of a file: a layer, an operator, a field; no part: of the whole."""

    fate: Fate
    part: str
    text: str

    def __str__(self) -> str:
        return f"{self.part}: {self.text}" if self.part else self.text


@dataclass(frozen=True)
class Imported:
    """A file of another format as a model. Nothing of it is dropped without a note."""

    model: Model
    weights: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    """By `node/weight`, in the neutral layout; empty where the file holds none."""
    notes: tuple[Note, ...] = ()
    beside: Path | None = None
    """The file that holds the weights, where it is another one."""
