"""A fingerprint of what was read: tells whether a run's data are still the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

WHOLE = 64 * 2**20  # bytes up to which a file is read as a whole
PIECES = 64
PIECE = 2**18
MOST = 2**28  # bytes that are read of all files


def fingerprint(files: Sequence[Path]) -> str:
    """SHA-256 over the names and sizes of `files`, and over their contents.

    Of large files that is evenly spread pieces; of more than can be read soon, evenly spread files.
    """
    digest = hashlib.sha256()
    step = max(1, -(-sum(_read(file.stat().st_size) for file in files) // MOST))
    for number, file in enumerate(files):
        size = file.stat().st_size
        digest.update(f"{file.name}\0{size}\0".encode(errors="surrogateescape"))
        if number % step == 0:
            _add(digest, file, size)
    return digest.hexdigest()


def _add(digest: hashlib._Hash, file: Path, size: int) -> None:
    with file.open("rb") as stream:
        for start in _starts(size):
            stream.seek(start)
            digest.update(stream.read(PIECE))


def _read(size: int) -> int:
    """How much is read of a file."""
    return size if size <= WHOLE else PIECES * PIECE


def _starts(size: int) -> Iterable[int]:
    if size <= WHOLE:
        return range(0, size, PIECE)
    return [(size - PIECE) * place // (PIECES - 1) for place in range(PIECES)]
