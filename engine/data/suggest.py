"""Guesses a data spec from a file or folder that somebody chose, and what feeds which node."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.data.idx import GZIP, TYPES
from engine.data.matching import feeds_for
from engine.data.preview import preview
from engine.data.sources import CSV, IDX, NPZ, ImageFolder, Text
from engine.data.spec import DataSpec, Feed, Source, SourceRule, Split
from engine.data.wants import wants_of
from engine.errors import DataError, Problem
from engine.network import Network

_ZIP = b"PK\x03\x04"
_TABLES = frozenset({".csv", ".tsv", ".tab"})
_DELIMITERS = {",": ",", ";": ";", "\t": "tab", "|": "|"}


def suggest_spec(path: Path | str, network: Network | None = None) -> DataSpec:
    """A data spec for a file or folder, told by its content; for `network` with feeds. Raises DataError."""
    rule = _rule(Path(path).absolute())
    if isinstance(rule, ImageFolder) and network and _is_gray(network):
        rule = replace(rule, mode="gray")
    spec = DataSpec(sources=(Source(rule),))
    views = preview(spec, count=1).columns
    feeds: tuple[Feed, ...] = feeds_for(network, views) if network else ()
    has_classes = not isinstance(rule, Text) and any(view.look in ("classes", "indices") for view in views)
    return replace(spec, split=Split(validation=0.2, stratified=has_classes), feeds=feeds)


def _is_gray(network: Network) -> bool:
    shapes = [want.signal.shape for want in wants_of(network).values() if len(want.signal.shape) == 3]
    return bool(shapes) and all(shape[0] == 1 for shape in shapes)


def _rule(path: Path) -> SourceRule:
    if path.is_dir():
        return ImageFolder(path=str(path))
    try:
        head = _head(path, open)
        inner = _head(path, gzip.open) if head.startswith(GZIP) else head
    except (OSError, EOFError, zlib.error) as error:
        raise DataError((Problem(f"{path} cannot be read: {error}"),)) from None
    if head.startswith(_ZIP):
        return NPZ(path=str(path))
    if inner[:2] == b"\0\0" and inner[2] in TYPES:
        return _idx(path)
    if path.suffix.lower() in _TABLES:
        return CSV(path=str(path), delimiter=_delimiter(path), missing="mean")
    if b"\0" in inner:
        hint = "a folder of class folders of pictures, .npz, .csv, IDX and text can be read"
        raise DataError((Problem(f"{path.name} is no kind of data that is known", hint=hint),))
    return Text(path=str(path))


def _head(path: Path, opener: Callable[..., Any]) -> bytes:
    with opener(path, "rb") as file:
        return bytes(file.read(1024))


def _idx(path: Path) -> IDX:
    """With the partner that lies beside it under the usual name (`…-images-idx3-ubyte`, `…-labels-idx1-ubyte`)."""
    names = {
        "images": path.name.replace("labels-idx1", "images-idx3"),
        "labels": path.name.replace("images-idx3", "labels-idx1"),
    }
    found = {kind: str(path.with_name(name)) for kind, name in names.items() if path.with_name(name).exists()}
    is_pair = names["images"] != names["labels"]
    return IDX(images=found.get("images", str(path)), labels=found.get("labels", "") if is_pair else "")


def _delimiter(path: Path) -> str:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        head = file.read(8192)
    try:
        return _DELIMITERS[csv.Sniffer().sniff(head, "".join(_DELIMITERS)).delimiter]
    except (csv.Error, KeyError):
        return ","
