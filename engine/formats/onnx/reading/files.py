"""The four ways in which an ONNX file is written, told by how it begins, and what is refused before it is parsed."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from onnx import ModelProto, defs

from engine.errors import Unreadable
from engine.formats.onnx.reading.breaks import broken_at

DEEPEST = 400
"""How deep brackets may stand in brackets; ten operators within operators are about sixty."""
TEXT = 2**28
"""Bytes of the longest text that is parsed: what is larger is written in binary form."""

_OPENING, _CLOSING = b"{[(<", b"}])>"
_QUOTED = re.compile(rb'"(?:[^"\\\n]|\\.)*+"|\'(?:[^\'\\\n]|\\.)*+\'|[#][^\n]*')
_BRACKETS = re.compile(rb"[{}\[\]()<>]")


def load(path: Path) -> ModelProto:
    """The file's message; data that lie in other files stay there. Raises Unreadable."""
    data = _content(path)
    parse = next((parse for mark, parse in _TEXTS.items() if data.lstrip()[:1] == mark), None)
    if parse is None:
        parse = _binary if data[:1] == b"\x08" else _textproto
    if parse is not _binary:
        _check_depth(data, path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = parse(data, path)
    _check(model, path)
    return model


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}", file=str(path)) from None


def _binary(data: bytes, path: Path) -> ModelProto:
    from google.protobuf.message import DecodeError

    try:
        model: ModelProto = ModelProto.FromString(data)
        return model
    except DecodeError:
        raise Unreadable(f"is damaged or breaks off {broken_at(data)}", file=str(path)) from None


def _textproto(data: bytes, path: Path) -> ModelProto:
    from google.protobuf import text_format

    try:
        model: ModelProto = text_format.Parse(_text(data, path), ModelProto())
        return model
    except text_format.ParseError as error:
        raise _wrong(str(error), path, error.GetLine() or 0, error.GetColumn() or 0) from None


def _onnx_text(data: bytes, path: Path) -> ModelProto:
    from onnx import parser

    try:
        return parser.parse_model(_text(data, path))
    except parser.ParseError as error:
        found = re.search(r"line: (\d+) column: (\d+)\].*?\n?(?:Error context:.*\n)?(.*)", str(error))
        line, column = (int(found[1]), int(found[2])) if found else (0, 0)
        raise _wrong(found[3] if found and found[3] else str(error), path, line, column) from None


def _json(data: bytes, path: Path) -> ModelProto:
    from google.protobuf import json_format

    try:
        model: ModelProto = json_format.Parse(_text(data, path), ModelProto())
        return model
    except json_format.ParseError as error:
        raise _wrong(str(error), path) from None


_TEXTS: dict[bytes, Callable[[bytes, Path], Any]] = {b"<": _onnx_text, b"{": _json}


def _text(data: bytes, path: Path) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise _wrong(f"holds the byte 0x{data[error.start]:02x}, which is not UTF-8", path) from None


def _wrong(message: str, path: Path, line: int = 0, column: int = 0) -> Unreadable:
    first = re.sub(r"^\d+:\d+ : ", "", message.strip()).splitlines() or [""]
    return Unreadable(f"is not ONNX: {first[0][:200]}", file=str(path), line=line, column=column)


def _check_depth(data: bytes, path: Path) -> None:
    """Parsers call themselves for each bracket within a bracket, and have no end."""
    if len(data) > TEXT:
        raise Unreadable("is a text of more than 256 MB", file=str(path), hint="write it in binary form")
    depth = 0
    for match in _BRACKETS.finditer(_QUOTED.sub(b"", data)):
        depth += 1 if match[0] in _OPENING else -1
        if depth > DEEPEST:
            raise Unreadable(f"has more than {DEEPEST} brackets within brackets", file=str(path))


def _check(model: ModelProto, path: Path) -> None:
    """Raises Unreadable for what is no network, or one of a version that is not known."""
    if not model.HasField("graph") or not model.graph.node:
        raise Unreadable("holds no network", file=str(path))
    if any(isinstance(text, bytes) for text in _texts(model)):  # protobuf's own sign of what is not UTF-8
        raise Unreadable("is damaged: it holds a name that is not UTF-8", file=str(path))
    opset = opset_of(model)
    if opset > defs.onnx_opset_version():
        newest = defs.onnx_opset_version()
        raise Unreadable(f"is written in opset {opset}, and the newest that is known is {newest}", file=str(path))


def _texts(model: ModelProto) -> Iterator[str | bytes]:
    """All names that are read."""
    graph = model.graph
    yield from (graph.name, model.doc_string, model.producer_name)
    yield from (it.name for part in (graph.initializer, graph.input, graph.output) for it in part)
    yield from (entry.key for entry in model.metadata_props)
    for node in graph.node:
        yield from (node.name, node.op_type, node.domain, *node.input, *node.output)
        yield from (attribute.name for attribute in node.attribute)


def opset_of(model: ModelProto) -> int:
    """The version of ONNX's own operators."""
    return next((int(it.version) for it in model.opset_import if it.domain in ("", "ai.onnx")), 1)
