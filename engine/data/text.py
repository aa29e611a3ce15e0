"""Reads a text as windows of characters or words, each with those that follow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from engine.data.columns import Array, Column, Rows, Table
from engine.data.places import found
from engine.data.sources import Text
from engine.errors import DataError, Problem, reason
from engine.layers.base import Shape

UNKNOWN = "<unknown>"
"""Stands for every word that the vocabulary lacks."""


@dataclass(frozen=True)
class Windows(Column):
    """Pieces of one long array of indices of characters or words, `shift` of them ahead."""

    codes: Array
    names: tuple[str, ...]
    length: int
    stride: int
    shift: int = 0
    unit: str = "character"

    @property
    def classes(self) -> tuple[str, ...]:
        return self.names

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
        return f"{self.unit} {row * self.stride}"


def read(source: Text, base: Path) -> Table:
    """The table of a text file in UTF-8. Raises DataError."""
    path = found(base, source.path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError((Problem(f"{path.name} is not a text in UTF-8: {reason(error)}"),)) from None
    names = vocabulary(source) or (_words(source, text) if source.tokens == "word" else tuple(sorted(set(text))))
    codes = _in_file(path.name, _KINDS[source.tokens], text, names)
    stride = source.stride or source.length
    windows = Windows(codes, names, source.length, stride, unit=source.tokens)
    if not len(windows):
        told = f"{path.name} has {len(codes)} {source.tokens}s: no window of {source.length} and one more"
        raise DataError((Problem(told),))
    ahead = replace(windows, shift=1)
    return Table({"x": windows, "y": ahead}, (path,), overlap=source.length // stride, is_ordered=True)


def _in_file(name: str, encode: Callable[[str, Sequence[str]], Array], text: str, names: Sequence[str]) -> Array:
    try:
        return encode(text, names)
    except DataError as error:
        raise DataError(error.problems, file=name) from None


def vocabulary(source: Text) -> tuple[str, ...]:
    """All characters or words, in order, as far as `source` says them."""
    return source.words if source.tokens == "word" else tuple(source.vocabulary)


def encoded(source: Text, text: str) -> Array:
    """The places of the text's characters or words in what `source` says of them. Raises DataError."""
    return _KINDS[source.tokens](text, vocabulary(source))


def _words(source: Text, text: str) -> tuple[str, ...]:
    """The words that are common enough, behind the one for all others; as common ones by the alphabet."""
    counts = sorted(Counter(text.split()).items(), key=lambda item: (-item[1], item[0]))
    common = [word for word, count in counts if count >= source.min_count and word != UNKNOWN]
    return (UNKNOWN, *common[: source.max_words - 1 if source.max_words else None])


def _characters_encoded(text: str, characters: Sequence[str]) -> Array:
    """Raises DataError naming the characters that are not there."""
    strange = sorted(set(text) - set(characters))
    if strange:
        first = min(text.index(character) for character in strange[:10])
        told = f"the vocabulary lacks {' '.join(map(repr, strange[:10]))}, first needed for character {first}"
        raise DataError((Problem(told),))
    places = np.zeros(max(map(ord, characters), default=0) + 1, np.int32)
    places[[ord(character) for character in characters]] = np.arange(len(characters))
    return np.asarray(places[np.frombuffer(text.encode("utf-32-le"), "<u4")])


def _words_encoded(text: str, words: Sequence[str]) -> Array:
    places = {word: place for place, word in enumerate(words)}
    return np.array([places.get(word, 0) for word in text.split()], np.int32)


_KINDS: dict[str, Callable[[str, Sequence[str]], Array]] = {
    "character": _characters_encoded,
    "word": _words_encoded,
}


def settled(source: Text, table: Table) -> Text:
    """With the vocabulary written down."""
    names = table.columns["x"].classes
    return replace(source, words=names) if source.tokens == "word" else replace(source, vocabulary="".join(names))
