"""An array that grows piece by piece: in memory while it is small, from then on in a file without a name."""

from __future__ import annotations

from tempfile import TemporaryFile
from typing import IO

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from engine.data.columns import Array

HELD = 2**26  # bytes up to which it stays in memory


class Growing:
    """Numbers of one type, one after the other."""

    def __init__(self, kind: DTypeLike) -> None:
        self._kind = np.dtype(kind)
        self._pieces: list[Array] = []
        self._file: IO[bytes] | None = None
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, values: ArrayLike) -> None:
        """Put `values` behind the others."""
        piece = np.asarray(values, self._kind)
        self._count += len(piece)
        self._pieces.append(piece)
        if self._file is None and self._count * self._kind.itemsize > HELD:
            self._file = TemporaryFile()  # noqa: SIM115 - lives as long as what is mapped of it
        if self._file is not None:
            self._file.writelines(piece.tobytes() for piece in self._pieces)
            self._pieces.clear()

    def array(self) -> Array:
        """All of them; of a file mapped."""
        if self._file is None:
            return np.concatenate([np.empty(0, self._kind), *self._pieces])
        self._file.flush()
        return np.memmap(self._file, self._kind, "r", shape=(self._count,))
