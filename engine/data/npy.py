"""Reads NumPy's single arrays: a file is a column, a folder the columns of all its files; large ones are mapped."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.data.columns import LOADED, Array, Table
from engine.data.npz import table_of, with_lengths
from engine.data.places import found
from engine.data.sources import NPY, Columns
from engine.errors import DataError, Problem, reason


def read(source: NPY, base: Path, wanted: Columns) -> Table:
    """The table of a file or folder. Raises DataError."""
    path, needed = found(base, source.path), with_lengths(wanted, source.series)
    files = {file.stem: file for file in sorted(path.glob("*.npy"))} if path.is_dir() else {path.stem: path}
    if not files:
        raise DataError((Problem(f"{path} holds no .npy file"),))
    chosen = {name: file for name, file in files.items() if needed is None or name in needed}
    arrays = {name: _array(file) for name, file in chosen.items()}
    return table_of(path, arrays, source.series, tuple(chosen.values()), tuple(files))


def _array(path: Path) -> Array:
    try:
        is_large = path.stat().st_size > LOADED
        return np.asanyarray(np.load(path, mmap_mode="r" if is_large else None, allow_pickle=False))
    except (OSError, ValueError, EOFError) as error:
        raise DataError((Problem(f"{path.name} is not an array that can be read: {reason(error)}"),)) from None
