"""A schema's text in pieces, one for every entry at the left margin, so that an edit touches only its own lines."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

_START = re.compile(r"[A-Za-z_]\w*\s*[:{<]")
_WIDE = re.compile("[\U00010000-\U0010ffff]")
_NAME = re.compile(r'\bname\s*:\s*"((?:[^"\\\n]|\\.)*)"')

Key = tuple[str, str, int]
"""Field, name (of a node, block or frame) and how many of both came before."""


@dataclass(frozen=True)
class Piece:
    """An entry with the comments above it; `start` is the entry's own offset, `end` that behind its last line."""

    key: Key
    text: str
    start: int
    end: int

    @property
    def node(self) -> str:
        """The name of the node that it is."""
        return self.key[1] if self.key[0] == "node" else ""


def pieces(text: str) -> list[Piece]:
    """The pieces of a text, which joined are the text. What is nested at the margin becomes pieces of its own."""
    counts: Counter[tuple[str, str]] = Counter()
    return [_piece(text, *span, counts) for span in _spans(text)]


def _piece(text: str, begin: int, start: int, end: int, counts: Counter[tuple[str, str]]) -> Piece:
    found = _START.match(text, start)
    field = found[0].rstrip(" \t:{<") if found else ""
    name = _NAME.search(text, start, end) if field in ("node", "block") else None
    label = (field, name[1] if name else "")
    counts[label] += 1
    return Piece((*label, counts[label]), text[begin:end], start, end)


def _spans(text: str) -> Iterator[tuple[int, int, int]]:
    """(begin with the comments above, the entry's start, end) of every piece."""
    begin = start = offset = 0
    started = False
    above: int | None = None
    for line in text.splitlines(keepends=True):
        is_entry = _START.match(line) is not None
        if is_entry and started:
            split = offset if above is None else above
            yield begin, start, split
            begin = split
        if is_entry:
            started, start = True, offset
        blank = not line.strip() or line.startswith("#")
        above = (offset if above is None else above) if blank else None
        offset += len(line)
    if started and above is not None:
        yield begin, start, above
        begin, started = above, False
    if begin < len(text):
        yield begin, start if started else begin, len(text)


def in_units(text: str) -> Callable[[int], int]:
    """From Python's offsets in `text` to Qt's, which count a sign beyond U+FFFF (𝄞, 🙂) twice."""
    if text.isascii():
        return int
    wide = [found.start() for found in _WIDE.finditer(text)]
    return lambda offset: offset + bisect_left(wide, offset)


def carried(text: str, before: str, after: str) -> str:
    """`text`, which says the same as the canonical `before`, with the change from there to the canonical `after`.

    A piece that the change does not touch keeps its form; what `text` alone has stays behind what it followed.
    """
    if text == before:
        return after
    typed = pieces(text)
    mine = {piece.key: piece.text for piece in typed}
    old = {piece.key: piece.text for piece in pieces(before)}
    new = pieces(after)
    result = {
        piece.key: mine.get(piece.key, piece.text) if old.get(piece.key) == piece.text else piece.text for piece in new
    }
    return "".join(_with_own(result, typed, old))


def _with_own(result: dict[Key, str], typed: list[Piece], old: dict[Key, str]) -> Iterator[str]:
    own: dict[Key | None, list[str]] = {}
    latest: Key | None = None
    for piece in typed:
        if piece.key in result:
            latest = piece.key
        elif piece.key not in old:
            own.setdefault(latest, []).append(piece.text)
    yield from own.get(None, ())
    for key, text in result.items():
        yield text
        yield from own.get(key, ())


def changes(before: str, after: str) -> list[tuple[int, int, str]]:
    """What to replace in `before`, last place first: offset, length and the text that comes there."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    middle = SequenceMatcher(None, old[head : len(old) - tail], new[head : len(new) - tail], autojunk=False)
    starts = _starts(old)
    found = [
        (starts[head + i1], starts[head + i2] - starts[head + i1], "".join(new[head + j1 : head + j2]))
        for tag, i1, i2, j1, j2 in middle.get_opcodes()
        if tag != "equal"
    ]
    return found[::-1]


def _common(a: list[str], b: list[str]) -> int:
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _starts(lines: list[str]) -> list[int]:
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    return starts
