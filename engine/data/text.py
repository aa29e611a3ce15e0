"""Reads a text as windows of characters, each with the characters that follow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from engine.data.columns import Array, Column, Rows, Table
from engine.data.places import found
from engine.data.sources import Text
from engine.errors import DataError, Problem
from engine.layers.base import Shape


@dataclass(frozen=True)
class Windows(Column):
    """Pieces of one long array of characters' indices, `shift` characters ahead."""

    codes: Array
    characters: tuple[str, ...]
    length: int
    stride: int
    shift: int = 0

    @property
    def classes(self) -> tuple[str, ...]:
        return self.characters

    def __len__(self) -> int:
        return max(0, (len(self.codes) - 1 - self.length) // self.stride + 1)

    @property
    def shape(self) -> Shape:
        return (self.length,)

    @property
    def is_whole(self) -> bool:
        return True

    def take(self, rows: Rows) -> Array:
        starts = rows * self.stride + self.shift
        return np.asarray(self.codes[starts[:, None] + np.arange(self.length)])

    def place(self, row: int) -> str:
        return f"character {row * self.stride}"


def read(source: Text, base: Path) -> Table:
    """The table of a text file in UTF-8. Raises DataError."""
    path = found(base, source.path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError((Problem(f"{path.name} is not a text in UTF-8: {error}"),)) from None
    characters = source.vocabulary or "".join(sorted(set(text)))
    codes = encoded(text, characters)
    stride = source.stride or source.length
    windows = Windows(codes, tuple(characters), source.length, stride)
    if not len(windows):
        raise DataError(
            (Problem(f"{path.name} has {len(text)} characters: no window of {source.length} and one more"),)
        )
    ahead = replace(windows, shift=1)
    return Table({"x": windows, "y": ahead}, (path,), overlap=source.length // stride, is_ordered=True)


def encoded(text: str, characters: str) -> Array:
    """The places of the text's characters among `characters`. Raises DataError naming those that are not there."""
    strange = sorted(set(text) - set(characters))
    if strange:
        raise DataError((Problem(f"the vocabulary lacks {' '.join(map(repr, strange[:10]))}"),))
    places = np.zeros(max(map(ord, characters), default=0) + 1, np.int64)
    places[[ord(character) for character in characters]] = np.arange(len(characters))
    return np.asarray(places[np.frombuffer(text.encode("utf-32-le"), "<u4")])


def settled(source: Text, table: Table) -> Text:
    """With the vocabulary written down."""
    return replace(source, vocabulary="".join(table.columns["x"].classes))
