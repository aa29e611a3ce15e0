"""All sources of a data spec opened and joined: columns over every row, and which rows belong to which part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from engine.data.columns import Column, Rows, Stretches, Table
from engine.data.combined import joined
from engine.data.paths import Chained
from engine.data.places import name_of_file
from engine.data.spec import DataSpec, Source
from engine.errors import DataError, Problem
from engine.layers.base import written


@dataclass(frozen=True)
class Stock:
    """The rows of all sources, one source after the other."""

    sources: tuple[Source, ...]
    tables: tuple[Table, ...]
    columns: Mapping[str, Column]

    @property
    def known(self) -> tuple[str, ...]:
        """The names of all columns, read or not."""
        return self.tables[0].known

    @property
    def files(self) -> Sequence[Path]:
        """Every file that was read."""
        return Chained(tuple(table.files for table in self.tables))

    @property
    def stretches(self) -> Stretches | None:
        """Which rows are read together, where a source says so; another source is one stretch."""
        starts = np.cumsum([0, *(len(table) for table in self.tables)]).tolist()
        told = [
            table.stretches.after(start) for start, table in zip(starts, self.tables, strict=False) if table.stretches
        ]
        if not told:
            return None
        return Stretches(
            np.union1d(starts[:-1], np.concatenate([one.starts for one in told])), min(one.together for one in told)
        )

    def has(self, part: str) -> bool:
        """Whether a source says that it is for `part`."""
        return any(source.part == part for source in self.sources)

    def rows(self, part: str) -> Rows:
        """The rows of the sources that are for `part`."""
        starts = np.cumsum([0, *(len(table) for table in self.tables)]).tolist()
        ranges = [
            np.arange(start, start + len(table))
            for start, table, source in zip(starts, self.tables, self.sources, strict=False)
            if source.part == part
        ]
        return np.concatenate([np.empty(0, np.int64), *ranges])


def opened(spec: DataSpec, base: Path, columns: frozenset[str] | None = None) -> Stock:
    """The sources of `spec`, at least with `columns` (None: with all). Raises DataError with all that is wrong."""
    if not spec.sources:
        raise DataError((Problem("the data section names no source", hint='source { npz { path: "…" } }'),))
    tables: list[Table] = []
    errors: list[DataError] = []
    for source in spec.sources:
        try:
            tables.append(source.rule.open(base, columns))
        except DataError as error:
            errors.append(error)
    if errors:
        raise _together(errors)
    problems = _differences(spec.sources, tables)
    if problems:
        raise DataError(tuple(problems))
    called = [Path(name_of_file(source.rule)).name for source in spec.sources]
    merged = {name: joined([table.columns[name] for table in tables], called) for name in tables[0].columns}
    return Stock(spec.sources, tuple(tables), merged)


def _together(errors: Sequence[DataError]) -> DataError:
    """One error of those of several sources, each problem with its file."""
    if len(errors) == 1:
        return errors[0]
    return DataError(tuple(_placed(problem, error.file) for error in errors for problem in error.problems))


def _placed(problem: Problem, file: str) -> Problem:
    return replace(problem, message=f"{file}: {problem.message}", line=0) if file else problem


def _differences(sources: Sequence[Source], tables: Sequence[Table]) -> list[Problem]:
    """Where later sources do not have what the first one has."""
    first, name = tables[0], name_of_file(sources[0].rule)
    problems = []
    for source, table in zip(sources[1:], tables[1:], strict=True):
        other = name_of_file(source.rule)
        for column, have in first.columns.items():
            if column not in table.columns:
                problems.append(Problem(f"{other} has no column {column!r}, which {name} has"))
            elif len(table.columns[column].shape) != len(have.shape) or bool(have.classes) != bool(
                table.columns[column].classes
            ):
                problems.append(
                    Problem(
                        f"column {column!r} is {_told(table.columns[column])} in {other} and {_told(have)} in {name}"
                    )
                )
    return problems


def _told(column: Column) -> str:
    return f"{written(column.shape)}, {'classes' if column.classes else 'numbers'}"
