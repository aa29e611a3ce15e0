"""Which rows each part has: those of its sources, its share of the others, without those that are left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from engine.data.columns import NONE, Array, Column, Rows
from engine.data.places import file_of
from engine.data.spec import DataSpec, Split
from engine.data.splits import Parts, cut, divided, thinned
from engine.data.stock import Stock
from engine.data.wants import Want
from engine.errors import DataError, Problem

PARTS = ("train", "validation", "test")


def rows_of(
    spec: DataSpec, stock: Stock, wants: Mapping[str, Want], subset: float
) -> tuple[dict[str, Rows], tuple[Problem, ...]]:
    """The rows of every part that there is, and what should be known about them. Raises DataError."""
    split = spec.split or Split()
    gaps = list(_gaps(spec, stock, wants))
    classes = _classes(spec, stock, wants) if split.stratified or subset < 1 else None
    problems = [gap.problem for gap in gaps if not gap.is_dropped]
    if split.stratified and classes is None:
        problems.append(Problem("the split is stratified, and no target has one class a row"))
    left_out = np.concatenate([NONE, *(gap.rows for gap in gaps if gap.is_dropped)])
    parts = _parts(stock, split, left_out, classes)
    parts["train"] = thinned(parts["train"], subset, None if classes is None else classes[parts["train"]])
    problems += [Problem(f"the part for {name} is empty") for name, rows in parts.items() if not len(rows)]
    if problems:
        raise DataError(tuple(problems), file=file_of(spec))
    return parts, tuple(gap.note for gap in gaps if gap.is_dropped)


def _parts(stock: Stock, split: Split, left_out: Rows, classes: Array | None) -> dict[str, Rows]:
    """The rows of the sources for a part, and its share of the rest; without a rest, of the sources for training."""
    given = {name: _without(stock.rows(name), left_out) for name in PARTS}
    rest = _without(stock.rows("all"), left_out)
    if not len(rest):
        rest, given["train"] = given["train"], NONE
        validation, test = (0.0 if stock.has(name) else getattr(split, name) for name in PARTS[1:])
        split = replace(split, validation=validation, test=test)
    shares = dict(zip(PARTS, _split(stock, split, rest, classes), strict=True))
    said = {"train": True, "validation": split.validation > 0, "test": split.test > 0}
    return {name: _both(given[name], shares[name]) for name in PARTS if said[name] or stock.has(name)}


def _without(rows: Rows, left_out: Rows) -> Rows:
    return np.setdiff1d(rows, left_out) if len(left_out) else rows


def _both(given: Rows, share: Rows) -> Rows:
    return np.union1d(given, share) if len(given) and len(share) else given if len(given) else share


def _split(stock: Stock, split: Split, rows: Rows, classes: Array | None) -> Parts:
    table = stock.tables[0]
    if table.is_ordered:
        return cut(rows, split, table.overlap)
    groups = np.asarray(stock.columns[split.group].take(rows)) if split.group else None
    return divided(rows, split, classes[rows] if split.stratified and classes is not None else None, groups)


def _classes(spec: DataSpec, stock: Stock, wants: Mapping[str, Want]) -> Array | None:
    """The class of every row by the first target that has one a row."""
    for feed in spec.feeds:
        column = stock.columns.get(feed.names[0]) if wants[feed.node].is_target and feed.names else None
        if column is not None and wants[feed.node].signal.values == "index" and column.shape == ():
            return np.asarray(column.take(np.arange(len(column))))
    return None


@dataclass(frozen=True)
class Gap:
    """Rows of a column without a value."""

    name: str
    column: Column
    rows: Rows
    is_target: bool

    @property
    def is_dropped(self) -> bool:
        """Whether these rows are left out; those of a target always, unless they are an error."""
        return self.column.policy[0] == "drop" or (self.is_target and self.column.policy[0] != "error")

    @property
    def _told(self) -> str:
        rows = f"{len(self.rows)} row" + ("s" if len(self.rows) > 1 else "")
        return f"column {self.name!r} has no value in {rows}, first in {self.column.place(int(self.rows[0]))}"

    @property
    def problem(self) -> Problem:
        """That they are there, where that is an error."""
        hint = "missing: drop leaves such rows out; mean, median and constant put a value in place"
        return Problem(self._told, hint=hint)

    @property
    def note(self) -> Problem:
        """That they are left out."""
        return Problem(f"{self._told}; left out", severity="suggestion")


def _gaps(spec: DataSpec, stock: Stock, wants: Mapping[str, Want]) -> Iterator[Gap]:
    """The gaps that nothing is put in place of."""
    targets = {name for feed in spec.feeds if wants[feed.node].is_target for name in feed.names}
    for name in dict.fromkeys(name for feed in spec.feeds for name in feed.names):
        column = stock.columns[name]
        rows = column.missing()
        if len(rows) and (name in targets or column.policy[0] in ("error", "drop")):
            yield Gap(name, column, rows, name in targets)
