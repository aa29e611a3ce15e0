"""Reads MXNet's RecordIO: records of a head, labels and an encoded picture.

A record: a magic number, its length with two bits that tell pieces of one, the content, padding to four bytes. The
content begins with IRHeader: how many labels stand behind it (0: the one in it), label, two ids (mxnet.recordio).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO

import numpy as np

from engine.data.columns import Array, Column, Rows, Table, Values
from engine.data.encoded import Originals, pictures
from engine.data.places import found
from engine.data.ragged import Ragged
from engine.data.sources import RecordIO
from engine.errors import DataError, Problem, reason

MAGIC = struct.pack("<I", 0xCED7230A)
_FRAME = struct.Struct("<4sI")
_HEAD = struct.Struct("<IfQQ")
_LENGTH = 2**29 - 1  # the lower bits of a frame's second word; above them 0: whole, 1, 2, 3: first, further, last piece


@dataclass(frozen=True)
class Records(Originals):
    """The pictures in a file of records, by where each begins."""

    path: Path
    starts: Rows

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def __len__(self) -> int:
        return len(self.starts)

    def original(self, row: int) -> IO[bytes]:
        try:
            with self.path.open("rb") as file:
                content = _content(file, int(self.starts[row]))
        except (OSError, ValueError) as error:
            raise DataError((Problem(reason(error)),)) from None
        return BytesIO(content[_HEAD.size + 4 * _HEAD.unpack_from(content)[0] :])

    def place(self, row: int) -> str:
        return f"record {row} of {self.path.name}"


def read(source: RecordIO, base: Path) -> Table:
    """The table of a file; its index beside it, `.idx`, gives the order where there is one. Raises DataError."""
    path = found(base, source.path)
    index = path.with_suffix(".idx")
    try:
        with path.open("rb") as file:
            starts = _listed(index) if index.exists() else list(_starts(file, path.stat().st_size))
            labels = [_labels(file, start) for start in starts]
    except (OSError, ValueError, struct.error) as error:
        raise DataError((Problem(f"{path.name} is not a RecordIO file that can be read: {reason(error)}"),)) from None
    if not starts:
        raise DataError((Problem(f"{path.name} holds no records"),))
    images = pictures(Records(path, np.array(starts, np.int64)), source.mode, source.background)
    return Table({"image": images, "label": _column(labels)}, (path, index) if index.exists() else (path,))


def _listed(index: Path) -> list[int]:
    """Where records begin, by an index: a line for each, its key and its place."""
    lines = index.read_text("utf-8").splitlines()
    if any(len(line.split("\t")) != 2 or not line.split("\t")[1].isdigit() for line in lines):
        raise ValueError(f"{index.name} is no index of it")
    return [int(line.split("\t")[1]) for line in lines]


def _starts(file: IO[bytes], size: int) -> Iterator[int]:
    place = 0
    while place < size:
        kind, length = _frame(file, place)
        if kind in (0, 1):
            yield place
        place += _FRAME.size + (length + 3) // 4 * 4
    if place > size:
        raise ValueError("it is cut off in its last record")


def _frame(file: IO[bytes], place: int) -> tuple[int, int]:
    """Which piece of a record lies at `place`, and how long it is."""
    file.seek(place)
    head = file.read(_FRAME.size)
    if len(head) < _FRAME.size or not head.startswith(MAGIC):
        raise ValueError(f"no record begins at byte {place}")
    word = _FRAME.unpack(head)[1]
    return word >> 29, word & _LENGTH


def _content(file: IO[bytes], place: int) -> bytes:
    """A record's content; where the magic number was in it, it was cut there and the number left out."""
    kind, length = _frame(file, place)
    pieces = [_piece(file, length)]
    while kind in (1, 2):
        place += _FRAME.size + (length + 3) // 4 * 4
        kind, length = _frame(file, place)
        pieces.append(_piece(file, length))
    return MAGIC.join(pieces)


def _piece(file: IO[bytes], length: int) -> bytes:
    piece = file.read(length)
    if len(piece) < length:
        raise ValueError("it is cut off in a record")
    return piece


def _labels(file: IO[bytes], place: int) -> Array:
    kind, length = _frame(file, place)
    head = file.read(_HEAD.size) if kind == 0 else _content(file, place)
    count, label, _, _ = _HEAD.unpack_from(head)
    if not count:
        return np.array([label], np.float32)
    if 4 * count > length:
        raise ValueError(f"the record at byte {place} has no labels of MXNet")
    rest = file.read(4 * count) if kind == 0 else head[_HEAD.size : _HEAD.size + 4 * count]
    return np.frombuffer(rest, "<f4")


def _column(labels: list[Array]) -> Column:
    """One label a row, several, or of different numbers a series; whole numbers where all are."""
    flat = np.concatenate(labels)
    if np.array_equal(flat, np.floor(flat)):
        flat = flat.astype(np.int64)
    stops = np.cumsum([len(one) for one in labels])
    width = len(labels[0])
    if any(len(one) != width for one in labels):
        return Ragged(flat, np.concatenate([[0], stops[:-1]]), stops)
    return Values(flat if width == 1 else flat.reshape(-1, width))
