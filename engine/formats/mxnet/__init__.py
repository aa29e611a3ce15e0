"""MXNet: symbols saved as JSON with their arrays beside, of versions 0.8 to 1.9."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import Unreadable
from engine.formats.imported import Imported

if TYPE_CHECKING:
    from engine.formats.mxnet.values import Array

_NUMBER = re.compile(r"-\d{4,}$")


def read(path: Path) -> Imported:
    """A symbol with the arrays beside it, whichever of both files is named. Raises Unreadable."""
    from engine.formats.mxnet.arrays import BEGINS, arrays_of
    from engine.formats.mxnet.reading import Reading
    from engine.formats.mxnet.symbols import symbol_of

    data = _bytes(path)
    is_arrays = data.startswith(BEGINS[:8])
    symbol = symbol_beside(path) if is_arrays else path
    beside = path if is_arrays else arrays_beside(path)
    arrays = {} if beside is None else arrays_of(data if beside == path else _bytes(beside), beside)
    reading = Reading(symbol_of(data if symbol == path else _bytes(symbol), symbol), _plain(arrays))
    return reading.imported(_stem(symbol), beside)


def symbol_beside(path: Path) -> Path:
    """The symbol that belongs to a file of arrays. Raises Unreadable."""
    stem = _NUMBER.sub("", path.stem)
    names = (f"{stem}-symbol.json", f"{path.stem}-symbol.json", f"{stem}.json")
    found = next((path.with_name(name) for name in names if path.with_name(name).is_file()), None)
    if found is None:
        raise Unreadable("is weights without a network", file=str(path), hint=f"put {names[0]} beside it")
    return found


def arrays_beside(path: Path) -> Path | None:
    """The latest arrays that belong to a symbol."""
    stem = _stem(path)
    numbered = (it for it in path.parent.glob("*.params") if _NUMBER.sub("", it.stem) == stem)
    found = sorted(numbered, key=lambda it: (it.stem != stem, len(it.stem), it.stem))
    return found[-1] if found else None


def _plain(arrays: dict[str, Array]) -> dict[str, Array]:
    """Without the marks of what is learned (`arg:`) and what is kept (`aux:`)."""
    return {name.removeprefix("arg:").removeprefix("aux:"): array for name, array in arrays.items()}


def _stem(symbol: Path) -> str:
    return symbol.stem.removesuffix("-symbol")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}", file=str(path)) from None
