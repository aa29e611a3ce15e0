"""What a run took for what: counts with the classes' names, and what follows for each class."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.training.messages import Table
from engine.training.runs import Run

TOLD = 3
"""How many mistakes are told in words."""
DECISIONS = ("no", "yes")
"""What the two classes of decisions are called."""


class Line(NamedTuple):
    """One class: how many samples are of it, and how well it is told from the others."""

    name: str
    samples: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Confusion:
    """How often each class, by rows, was taken for each class, by columns."""

    labels: tuple[str, ...]
    counts: NDArray[np.int64]
    is_of_best: bool = False
    """Whether the best weights were asked, and not those of the last validation."""

    @cached_property
    def levels(self) -> NDArray[np.uint8]:
        """How strong each cell is: mistakes from 0 to 127 by the root of their share, what is right from 128 to 255."""
        levels: NDArray[np.uint8] = np.rint(127 * np.sqrt(self.shares)).astype(np.uint8)
        np.fill_diagonal(levels, 128 + np.rint(127 * self.shares.diagonal()).astype(np.uint8))
        return levels

    @cached_property
    def shares(self) -> NDArray[Any]:
        """Of each class the share that was taken for each; a class without samples has none."""
        shares: NDArray[Any] = self.counts / np.maximum(1, self.counts.sum(1, keepdims=True))
        return shares

    def lines(self) -> list[Line]:
        """A line for each class; a share of nothing is 0, as in the metrics."""
        hits, found, given = self.counts.diagonal(), self.counts.sum(0), self.counts.sum(1)
        precision, recall = hits / np.maximum(1, found), hits / np.maximum(1, given)
        f1 = 2 * hits / np.maximum(1, found + given)
        columns = (self.labels, given.tolist(), precision.tolist(), recall.tolist(), f1.tolist())
        return [Line(*values) for values in zip(*columns, strict=True)]

    def told(self, given: int, found: int) -> str:
        """`4 taken for 9: 5 of 36, 13.9 %`."""
        count, total = int(self.counts[given, found]), int(self.counts[given].sum())
        share = f", {count / total:.1%}".replace("%", " %") if total else ""
        what = "rightly found" if given == found else f"taken for {self.labels[found]}"
        return f"{self.labels[given]} {what}: {count:,} of {total:,}{share}"

    @cached_property
    def worst(self) -> tuple[str, ...]:
        """The commonest mistakes, in words."""
        mistakes = (self.counts - np.diag(self.counts.diagonal())).ravel()
        most = np.argpartition(-mistakes, min(TOLD, mistakes.size - 1))[:TOLD]
        places = [divmod(int(place), len(self.labels)) for place in sorted(most, key=lambda place: -mistakes[place])]
        return tuple(self.told(*place) for place in places if self.counts[place] and place[0] != place[1])


def told_by(run: Path, tables: Mapping[str, Table], *, is_over: bool) -> dict[str, Confusion]:
    """What an ended run has in its report, of its best weights; else what its last validation told. Reads files."""
    kept = sorted((run / "report").glob("*confusion.csv")) if is_over else []
    if kept:
        return {path.stem: _read(path) for path in kept}
    known = _labels(run)
    found = {name: Confusion(_names(known, len(table)), np.array(table, np.int64)) for name, table in tables.items()}
    for confusion in found.values():
        _ = confusion.levels, confusion.worst  # reckoned here, where nobody waits
    return found


def _labels(run: Path) -> Mapping[str, Any]:
    return Run(run).labels if (run / "labels.json").is_file() else {}


def _names(known: Mapping[str, Any], count: int) -> tuple[str, ...]:
    """The names of `count` classes, where all targets that have so many agree on them; else their numbers."""
    fitting = {tuple(names) for names in known.values() if len(names) == count}
    if len(fitting) == 1:
        return next(iter(fitting))
    return DECISIONS if count == len(DECISIONS) else tuple(map(str, range(count)))


def _read(path: Path) -> Confusion:
    """A table as the run's report has it: the classes' names in the first row and column."""
    with path.open(newline="", encoding="utf-8") as file:
        (_, *labels), *rows = csv.reader(file)
    return Confusion(tuple(labels), np.array([row[1:] for row in rows], np.int64), is_of_best=True)
