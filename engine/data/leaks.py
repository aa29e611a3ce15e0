"""Samples that are in the training part and in a held-out part as well: what is measured there is then too good."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from engine.data.columns import Column, Rows
from engine.errors import Problem
from engine.layers.base import volume

if TYPE_CHECKING:
    from engine.data.dataset import Data

ROWS = 50_000
"""How many of a part are looked at, evenly spread where there are more."""
ENCODED = 10_000
"""The same of encoded pictures."""
BYTES = 2**28
"""How much of it is read, where that is not encoded."""
SHOWN = 5


def leaks(data: Data) -> Iterator[Problem]:
    """What held-out parts share with the training part: rows whose inputs are the same, byte for byte."""
    columns = [one.column for one in data.feedings if not (one.want.is_target or one.feed.mask_of)]
    for name in ("validation", "test"):
        if name in data.parts and columns:
            yield from _shared(name, data.part("train").rows, data.part(name).rows, columns)


def _shared(name: str, train: Rows, held_out: Rows, columns: Sequence[Column]) -> Iterator[Problem]:
    most = min(_most(column) for column in columns)
    seen, asked = _spread(train, most), _spread(held_out, most)
    rows = np.sort(np.concatenate((seen, asked)))  # so that neighbours are read together
    prints = dict(zip(rows.tolist(), zip(*(column.prints(rows) for column in columns), strict=True), strict=True))
    first = {prints[row]: row for row in seen.tolist()}
    pairs = [(row, first[prints[row]]) for row in asked.tolist() if prints[row] in first]
    if pairs:
        count, verb = ("1 row", "is") if len(pairs) == 1 else (f"{len(pairs)} rows", "are")
        place = columns[0].place
        shown = ", ".join(f"{place(row)} = {place(known)}" for row, known in pairs[:SHOWN])
        more = ", …" if len(pairs) > SHOWN else ""
        held, learned = f"{name} part{_part_of(asked, held_out)}", f"training part{_part_of(seen, train)}"
        told = f"{count} of the {held} {verb} also in the {learned}: {shown}{more}"
        yield Problem(told, "warning", hint="split { group: … } keeps what belongs together in one part")


def _most(column: Column) -> int:
    """How many rows of a column are looked at."""
    size = 8 * max(volume(shape) for shape in column.shapes)
    return ENCODED if column.is_lazy else max(1, min(ROWS, BYTES // size))


def _spread(rows: Rows, most: int) -> Rows:
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]


def _part_of(looked_at: Rows, rows: Rows) -> str:
    return "" if len(looked_at) == len(rows) else f" ({len(looked_at)} of {len(rows)} looked at)"
