"""What somebody gives from outside, a file, an array, a row or a text, as a column of one or more rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.data import csv
from engine.data.columns import Array, Column, Values
from engine.data.combined import Beside, filled
from engine.data.image_folder import ENDINGS
from engine.data.pictures import picture
from engine.data.sources import CSV, NPZ, ImageFolder, MaskFolders, Parquet, Text
from engine.data.spec import Feed, SourceRule
from engine.data.tables import said_of
from engine.data.text import encoded, vocabulary
from engine.data.wants import Want
from engine.errors import DataError, Problem

Given = str | Path | Array | Mapping[str, Any]

Pictured = ImageFolder | MaskFolders
"""The sources that are pictures, decoded as they say."""

_NPY = b"\x93NUMPY"


def column_of(given: Given, rule: SourceRule, feed: Feed, want: Want) -> Column:
    """What is given as a column. Raises DataError."""
    if isinstance(given, np.ndarray):
        return _array(given, want)
    if isinstance(given, Mapping):
        return _row(given, rule, feed)
    path = Path(given)
    if not _is_file(path):
        if isinstance(rule, Text):
            return _text(str(given), rule, want)
        raise DataError((Problem(f"there is no file {path}"),))
    if path.suffix.lower() in ENDINGS:
        return _picture(path, rule, feed, want)
    with path.open("rb") as file:
        is_array = file.read(len(_NPY)) == _NPY
    if is_array:
        return _array(_npy(path), want)
    return next(read for kind, read in _READERS.items() if isinstance(rule, kind))(path, rule, feed, want)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a text may be too long for a file's name
        return False


def _array(array: Array, want: Want) -> Values:
    return Values(array[None] if array.ndim == len(want.signal.shape) else array)


def _npy(path: Path) -> Array:
    try:
        return np.asarray(np.load(path, allow_pickle=False))
    except (OSError, ValueError, EOFError) as error:
        raise DataError((Problem(f"{path.name} is not an array that can be read: {error}"),)) from None


def _row(given: Mapping[str, Any], rule: SourceRule, feed: Feed) -> Column:
    if not isinstance(rule, CSV | Parquet):
        raise DataError((Problem("a row is given, and the data are no table"),))
    table = CSV(columns=rule.columns, missing=rule.missing, mode=rule.mode, background=rule.background)
    names, cells = list(given), ["" if cell is None else str(cell) for cell in given.values()]
    rows = ((np.ones(1, np.int64), [cells]),)
    return _beside(csv.tabulated(table, "the row", names, lambda: rows, frozenset(feed.names), Path()).columns, feed)


def _table(path: Path, rule: Any, feed: Feed, want: Want) -> Column:
    try:
        return _beside(replace(rule, path=str(path)).open(Path(), frozenset(feed.names)).columns, feed)
    except DataError as error:
        if isinstance(rule, NPZ):
            return _picture(path, rule, feed, want)
        raise error


def _beside(columns: Mapping[str, Column], feed: Feed) -> Column:
    lost = [name for name in feed.names if name not in columns]
    if lost:
        raise DataError((Problem(f"what is given has no column {', '.join(map(repr, lost))}"),))
    for name in feed.names:
        gaps = columns[name].missing()
        if len(gaps) and columns[name].policy[0] in ("error", "drop"):
            raise DataError((Problem(f"{columns[name].place(int(gaps[0]))} has no value for {name!r}"),))
    full = [filled(columns[name], np.arange(len(columns[name]))) for name in feed.names]
    return Beside(tuple(full)) if feed.columns else full[0]


def _text_file(path: Path, rule: SourceRule, feed: Feed, want: Want) -> Column:
    return _text(path.read_text(encoding="utf-8-sig"), rule, want)


def _text(text: str, rule: SourceRule, want: Want) -> Column:
    """One window: of a network that takes a certain number of characters or words, the last ones."""
    assert isinstance(rule, Text)
    codes = encoded(rule, text)
    length = want.signal.shape[0] if want.signal.shape[:1] != (-1,) else len(codes)
    return Values(codes[max(0, len(codes) - length) :][None], vocabulary(rule))


def _picture(path: Path, rule: Any, feed: Feed, want: Want) -> Column:
    """A picture with its white where the column has it."""
    is_pictured = isinstance(rule, Pictured) or (
        isinstance(rule, CSV | Parquet) and said_of(rule, feed.column).is_picture
    )
    look = rule if is_pictured else ImageFolder(mode=_mode(want))
    try:
        array = picture(path, look.mode, look.background)
    except DataError as error:
        raise DataError(tuple(replace(p, message=f"{path.name}: {p.message}") for p in error.problems)) from None
    white = 255.0 if is_pictured else feed.white
    return Values((array * np.float32(white / 255) if white != 255 else array)[None])


def _mode(want: Want) -> Any:
    shape = want.signal.shape
    return "gray" if len(shape) == 3 and shape[0] == 1 else "rgb"


_READERS: dict[type[SourceRule], Callable[[Path, SourceRule, Feed, Want], Column]] = {
    CSV: _table,
    Parquet: _table,
    NPZ: _table,
    Text: _text_file,
    SourceRule: _picture,
}
