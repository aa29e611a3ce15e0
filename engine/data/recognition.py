"""Tells what kind of data a file or folder is, by its content."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from engine.data.idx import GZIP, TYPES
from engine.data.image_folder import ENDINGS
from engine.data.sources import CSV, IDX, LMDB, NPY, NPZ, ImageFolder, MaskFolders, Parquet, RecordIO, TableColumn, Text
from engine.data.spec import SourceRule
from engine.errors import DataError, Problem

HEAD = 1024
ROWS = 20
"""How many rows of a table are looked at for the names of pictures."""

TABLES = frozenset({".csv", ".tsv", ".tab"})
_DELIMITERS = {",": ",", ";": ";", "\t": "tab", "|": "|"}
_PICTURES = ("images", "image", "imgs", "img", "JPEGImages")
_MASKS = ("masks", "mask", "labels", "annotations", "SegmentationClass")
_MODELS = ("model.txtpb",)

Maker = Callable[[Path], SourceRule]


def rule_of(path: Path) -> SourceRule:
    """The source that a file or folder is. Raises DataError."""
    if path.is_dir():
        return _folder(path)
    try:
        head = _head(path, open)
        inner = _head(path, gzip.open) if head.startswith(GZIP) else head
    except (OSError, EOFError, zlib.error) as error:
        raise DataError((Problem(f"{path} cannot be read: {error}"),)) from None
    make = _marked(head, inner) or _named(path)
    if make is not None:
        return make(path)
    if path.suffix.lower() in ENDINGS:
        hint = "choose the folder that holds it and others, in a folder for each class"
        raise DataError((Problem(f"{path.name} is a single picture", hint=hint),))
    if b"\0" in inner:
        hint = "NumPy, tables, Parquet, IDX, RecordIO, LMDB, text and folders of pictures can be read"
        raise DataError((Problem(f"{path.name} is no kind of data that is known", hint=hint),))
    return Text(path=str(path))


def is_data(path: Path) -> bool:
    """Whether a file or folder is surely data, and no model."""
    if path.is_dir():
        return not any((path / name).exists() for name in _MODELS)
    try:
        head = _head(path, open)
        inner = _head(path, gzip.open) if head.startswith(GZIP) else head
    except (OSError, EOFError, zlib.error):
        return False
    is_archive = head.startswith(_ZIP) and path.suffix.lower() != ".npz"  # models come in archives too
    return not is_archive and (_marked(head, inner) or _named(path)) is not None


def _head(path: Path, opener: Callable[..., Any]) -> bytes:
    with opener(path, "rb") as file:
        return bytes(file.read(HEAD))


def _marked(head: bytes, inner: bytes) -> Maker | None:
    """What makes a source of a file that begins so; of a gzipped one `inner` is inside."""
    if inner[:2] == b"\0\0" and len(inner) > 3 and inner[2] in TYPES and 0 < inner[3] < 9:
        return _idx
    return next((make for mark, place, make in _MARKS if head[place:].startswith(mark)), None)


def _named(path: Path) -> Maker | None:
    """What makes a source of a file whose kind only its name tells."""
    if path.suffix == ".idx" and path.with_suffix(".rec").exists():
        return lambda path: RecordIO(path=str(path.with_suffix(".rec")))
    return _table if path.suffix.lower() in TABLES else None


def _npy(path: Path) -> NPY:
    """With what lies beside it, where there is more."""
    return NPY(path=str(path.parent if len(list(path.parent.glob("*.npy"))) > 1 else path))


def _lmdb(path: Path) -> LMDB:
    return LMDB(path=str(path.parent if path.name == "data.mdb" else path))


def _idx(path: Path) -> IDX:
    """With the partner that lies beside it under the usual name (`…-images-idx3-ubyte`, `…-labels-idx1-ubyte`)."""
    names = {
        "images": path.name.replace("labels-idx1", "images-idx3"),
        "labels": path.name.replace("images-idx3", "labels-idx1"),
    }
    found = {kind: str(path.with_name(name)) for kind, name in names.items() if path.with_name(name).exists()}
    is_pair = names["images"] != names["labels"]
    return IDX(images=found.get("images", str(path)), labels=found.get("labels", "") if is_pair else "")


def _table(path: Path) -> CSV:
    """With the columns of pictures that it names."""
    delimiter = _delimiter(path)
    return CSV(path=str(path), delimiter=delimiter, missing="mean", columns=tuple(_pictured(path, delimiter)))


def _delimiter(path: Path) -> str:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        head = file.read(8192)
    try:
        return _DELIMITERS[csv.Sniffer().sniff(head, "".join(_DELIMITERS)).delimiter]
    except (csv.Error, KeyError):
        return ","


def _pictured(path: Path, delimiter: str) -> Iterator[TableColumn]:
    sign = "\t" if delimiter == "tab" else delimiter
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        reader = csv.DictReader(file, delimiter=sign, skipinitialspace=True)
        rows = list(islice(reader, ROWS))
    for name in (reader.fieldnames or ()) if rows else ():
        cells = [str(row[name] or "").strip() for row in rows]
        named = [path.parent / cell for cell in cells if Path(cell).suffix.lower() in ENDINGS]
        if len(named) == len(cells) and named[0].is_file():
            yield TableColumn(name=name.strip(), kind="mask" if name.strip().lower() in _MASKS else "picture")


def _folder(path: Path) -> SourceRule:
    """A database, tables, arrays, pictures with masks, or folders of classes."""
    pairs = [(_in(path, _PICTURES), _in(path, _MASKS))]
    if all(pairs[0]):
        return MaskFolders(images=str(pairs[0][0]), masks=str(pairs[0][1]))
    holds = [make for pattern, make in _HELD.items() if any(path.glob(pattern))]
    if holds:
        return holds[0](path)
    listed = [table for table in sorted(path.iterdir()) if table.suffix.lower() in TABLES]
    if len(listed) == 1 and (table := _table(listed[0])).columns:
        return table
    return ImageFolder(path=str(path), nested=_is_nested(path))


def _in(folder: Path, names: tuple[str, ...]) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_dir()), None)


def _is_nested(folder: Path) -> bool:
    """Whether no picture lies in a folder at the first level, but in deeper ones."""
    outer = [inner for inner in folder.iterdir() if inner.is_dir() and not inner.name.startswith(".")]
    return bool(outer) and not any(file.suffix.lower() in ENDINGS for inner in outer for file in inner.iterdir())


_ZIP = b"PK\x03\x04"
_MARKS: tuple[tuple[bytes, int, Maker], ...] = (
    (_ZIP, 0, lambda path: NPZ(path=str(path))),
    (b"\x93NUMPY", 0, _npy),
    (b"PAR1", 0, lambda path: Parquet(path=str(path), missing="mean")),
    (b"\x0a\x23\xd7\xce", 0, lambda path: RecordIO(path=str(path))),
    (b"\xde\xc0\xef\xbe", 16, _lmdb),  # behind the first page's head (lmdb's mdb.c: MDB_MAGIC)
)
_HELD: dict[str, Maker] = {
    "data.mdb": lambda path: LMDB(path=str(path)),
    "*.parquet": lambda path: Parquet(path=str(path), missing="mean"),
    "*.npy": lambda path: NPY(path=str(path)),
    "*.rec": lambda path: RecordIO(path=str(sorted(path.glob("*.rec"))[0])),
}
"""What a folder is that holds such files."""
