"""Opens what a data spec says, for a network: checks all of it first, then gives parts that give batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from engine.data import checks
from engine.data.columns import Column, Rows, Table
from engine.data.combined import filled
from engine.data.feeding import Feeding
from engine.data.fingerprint import fingerprint
from engine.data.fitting import problems_of
from engine.data.looking import pieces
from engine.data.part import Part
from engine.data.places import file_of, located
from engine.data.rows import rows_of
from engine.data.spec import DataSpec
from engine.data.steps import feedings
from engine.data.stock import Stock, opened
from engine.data.wants import wants_of
from engine.errors import DataError, Problem
from engine.network import Network


@dataclass(frozen=True)
class Data:
    """What a network is trained on, ready to be drawn from."""

    parts: Mapping[str, Part]
    feedings: tuple[Feeding, ...]
    files: Sequence[Path]
    spec: DataSpec
    """The data spec with everything written down that was found in the data; paths are absolute."""
    problems: tuple[Problem, ...] = ()
    """What does not stop a training, but should be known."""

    def part(self, name: str) -> Part:
        """The part `train`, `validation` or `test`. Raises DataError where there is none."""
        if name not in self.parts:
            hint = f"say it in the data section: split {{ {name}: 0.2 }}, or a source of part: {name}"
            raise DataError((Problem(f"the data have no part for {name}", hint=hint),))
        return self.parts[name]

    @cached_property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """The names of the classes, for every target that has classes."""
        return {
            feed.node: feed.column.classes or tuple(map(str, range(feed.wants.classes))) for feed in self._classifying
        }

    @cached_property
    def counts(self) -> Mapping[str, Mapping[str, Mapping[str, int]]]:
        """How often each class is there: by part, target and label."""
        return {
            name: {feed.node: self._count(feed, part.rows) for feed in self._classifying}
            for name, part in self.parts.items()
        }

    def _count(self, feed: Feeding, rows: Rows) -> Mapping[str, int]:
        labels = self.labels[feed.node]
        held = np.zeros(len(labels), np.int64)
        for piece in pieces(feed, rows):
            codes = piece.values[(piece.values >= 0) & (piece.values < len(labels))].astype(np.int64)
            held += np.bincount(codes, minlength=len(labels))
        return dict(zip(labels, held.tolist(), strict=True))

    @property
    def _classifying(self) -> Iterator[Feeding]:
        return (feed for feed in self.feedings if feed.want.is_target and feed.wants.values == "index")

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over what was read; of much data over a part of it."""
        return fingerprint(self.files)


def open_data(spec: DataSpec, network: Network, base: Path = Path(), subset: float = 1.0) -> Data:
    """The data for `network`; paths in `spec` are relative to `base`, `subset` is the share of the training part used.

    The division into parts follows from the spec alone, so that runs with other seeds compare. Raises DataError with
    everything that is wrong.
    """
    spec = located(spec, base)
    wants = wants_of(network)
    used = replace(spec, feeds=tuple(feed for feed in spec.feeds if feed.node in wants))
    stock = _stock(used, list(checks.of_feeds(spec, network, wants)))
    rows, notes = rows_of(used, stock, wants, subset)
    columns = {name: filled(column, rows["train"]) for name, column in stock.columns.items()}
    fed = feedings(used.feeds, wants, columns)
    drawn = np.concatenate(list(rows.values()))
    drawn.sort()
    _stop([problem for feed in fed for problem in problems_of(feed, drawn)], file_of(spec))
    settled = tuple(feed.settled(rows["train"]) for feed in fed)
    parts = {name: Part(name, part, settled, name == "train", stock.stretches) for name, part in rows.items()}
    return Data(parts, settled, stock.files, _settled(spec, stock, columns, settled), notes)


def _stock(spec: DataSpec, problems: list[Problem]) -> Stock:
    """The opened sources of `spec`. Raises DataError with `problems` and all that is wrong with sources and columns."""
    try:
        stock = opened(spec, Path(), checks.columns_of(spec))
    except DataError as error:
        _stop([*problems, *error.problems], "" if problems else error.file)
    _stop([*problems, *checks.of_columns(spec, stock)], "" if problems else file_of(spec))
    return stock


def _stop(problems: list[Problem], file: str = "") -> None:
    if problems:
        raise DataError(tuple(problems), file=file)


def _settled(spec: DataSpec, stock: Stock, columns: Mapping[str, Column], feedings: tuple[Feeding, ...]) -> DataSpec:
    table = Table(columns, names=stock.known)
    sources = tuple(replace(source, rule=source.rule.settled(table)) for source in spec.sources)
    feeds = {feed.node: feed.feed for feed in feedings}
    return replace(spec, sources=sources, feeds=tuple(feeds.get(feed.node, feed) for feed in spec.feeds))
