"""Files of NetDefs: read from text or binary, and the two that belong together found beside each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from engine.errors import Unreadable
from engine.formats.caffe import binary, textual
from engine.formats.caffe.message import Message

ENDINGS = (".pb", ".pbtxt", ".prototxt", ".txt")
_INIT = re.compile(r"(.*?)(_?)(?:predict_)?init(?:_net)?$")
_NET = re.compile(r"(.*?)(_?)(?:predict_net|predict|net)$")


def net_of(path: Path) -> Message:
    """The NetDef of a file. Raises Unreadable and SchemaError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}", file=str(path)) from None
    if b"\0" not in content and _is_text(content):
        return textual.message_of(content.decode("utf-8-sig"), "NetDef", path)
    return binary.message_of(content, "NetDef", path)


def _is_text(content: bytes) -> bool:
    try:
        head = content.decode("utf-8-sig")[:4096]
    except UnicodeDecodeError:
        return False
    return all(mark.isprintable() or mark in "\n\r\t" for mark in head)


def init_beside(path: Path) -> Path | None:
    """The file with the weights of a net: `init_net` beside `predict_net`, `lenet_init` beside `lenet`, …"""
    found = _NET.match(path.stem)
    stem, mark = (found[1], found[2]) if found else (path.stem, "_")
    names = (f"{stem}{mark}init_net", f"{stem}{mark}init", f"{path.stem}_init_net", f"{path.stem}_init")
    return next(_there(path, names), None)


def predict_beside(path: Path) -> Path | None:
    """The net of a file with weights."""
    found = _INIT.match(path.stem)
    if not found:
        return None
    stem, mark = found[1], found[2]
    names = (f"{stem}{mark}predict_net", f"{stem}{mark}predict", f"{stem}{mark}net", stem)
    return next(_there(path, names), None)


def _there(path: Path, names: tuple[str, ...]) -> Iterator[Path]:
    endings = dict.fromkeys((path.suffix, *ENDINGS))
    files = (path.with_name(f"{name}{ending}") for name in names if name for ending in endings)
    return (file for file in files if file != path and file.is_file())
