"""Reads NumPy archives; large arrays that are stored uncompressed are mapped, not loaded."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from engine.data.columns import LOADED, Array, Column, Table, Values, categories
from engine.data.places import found
from engine.data.ragged import ragged
from engine.data.sources import NPZ, Columns, Series
from engine.errors import DataError, Problem, reason

UNREADABLE = (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)
"""What a damaged, encrypted or strangely packed archive may raise."""
_LOCAL_HEADER = 30  # bytes before the name in a ZIP archive's local header (APPNOTE.TXT, 4.3.7)


def read(source: NPZ, base: Path, wanted: Columns) -> Table:
    """The table of an archive. Raises DataError."""
    path, needed = found(base, source.path), with_lengths(wanted, source.series)
    try:
        with zipfile.ZipFile(path) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            chosen = {name: info for name, info in members.items() if needed is None or name in needed}
            arrays = {name: _array(path, archive, info) for name, info in chosen.items()}
    except UNREADABLE as error:
        raise DataError((Problem(f"{path.name} is not a NumPy archive that can be read: {reason(error)}"),)) from None
    return table_of(path, arrays, source.series, (path,), tuple(members))


def with_lengths(wanted: Columns, series: Sequence[Series]) -> Columns:
    """The columns that are wanted, with those that tell lengths."""
    return wanted if wanted is None else wanted | {one.lengths for one in series}


def table_of(
    path: Path, arrays: Mapping[str, Array], series: Sequence[Series], files: tuple[Path, ...], names: tuple[str, ...]
) -> Table:
    """The table of arrays of which some hold series; `names` are all that there are. Raises DataError."""
    odd = [f"{name!r} of {path.name} holds {array.dtype}" for name, array in arrays.items() if _is_odd(array)]
    if odd:
        raise DataError(tuple(Problem(f"the array {told}, neither numbers nor texts") for told in odd))
    plain = {name: _column(array) for name, array in arrays.items() if array.ndim}
    cut = {one.name: ragged(one, plain, path.name) for one in series if one.name in plain}
    columns: dict[str, Column] = {**plain, **cut}
    _check_lengths(path, columns)
    return Table(columns, files, names)


def _array(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Array:
    with archive.open(info) as stream:
        version = npy.read_magic(stream)  # type: ignore[no-untyped-call]
        if version not in _HEADERS:
            raise ValueError(
                f"{info.filename} is of version {version[0]}.{version[1]} of the format, which is not known"
            )
        shape, fortran, kind = _HEADERS[version](stream)
        if kind.hasobject:
            raise ValueError(f"{info.filename} holds Python objects, which are not read")
        is_large = info.compress_type == zipfile.ZIP_STORED and info.file_size > LOADED
        if is_large and kind.itemsize and 0 not in shape and shape:
            start = _start(path, info) + stream.tell()
            return np.memmap(path, kind, "r", start, shape, "F" if fortran else "C")
    with archive.open(info) as stream:
        return np.asarray(npy.read_array(stream, allow_pickle=False))  # type: ignore[no-untyped-call]


_HEADERS: dict[tuple[int, int], Callable[[Any], Any]] = {
    (1, 0): npy.read_array_header_1_0,
    (2, 0): npy.read_array_header_2_0,
}


def _start(path: Path, info: zipfile.ZipInfo) -> int:
    """Where a member's bytes begin: its local header tells, the central one may have other extra fields."""
    with path.open("rb") as file:
        file.seek(info.header_offset)
        header = file.read(_LOCAL_HEADER)
    name, extra = int.from_bytes(header[26:28], "little"), int.from_bytes(header[28:30], "little")
    return info.header_offset + _LOCAL_HEADER + name + extra


def _is_odd(array: Array) -> bool:
    return array.dtype.kind not in "biufUS"


def _column(array: Array) -> Values:
    return categories(array.astype(np.str_)) if array.dtype.kind in "US" else Values(array)


def _check_lengths(path: Path, columns: Mapping[str, Column]) -> None:
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise DataError((Problem(f"the arrays of {path.name} have different lengths: {told}"),))
