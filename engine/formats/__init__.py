"""File formats: a table of what is read and written. A format's module is loaded when one of its files is."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import NetwrightError

NATIVE = "netwright"
SAMPLE = 4096
"""How many bytes of a file tell its format."""

_ARRAYS = (0x112).to_bytes(8, "little")
_SYMBOL = re.compile(rb"(?:\xef\xbb\xbf)?\s*+\{\s*+\"(?:nodes|arg_nodes|heads|attrs|node_row_ptr)\"\s*+:")
_SCHEMA = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s|#[^\n]*\n)*+netwright\s*:")


@dataclass(frozen=True)
class Format:
    """A file family: what it is called, how its files end and begin, and which ways it goes."""

    name: str
    title: str
    extensions: tuple[str, ...]
    begins: Callable[[bytes], bool]
    """Whether a file that begins with these bytes may be one of its files."""
    reads: bool = False
    writes: bool = False

    @property
    def is_foreign(self) -> bool:
        """Whether another program's files are read."""
        return self.reads and self.name != NATIVE

    def module(self) -> Any:
        """The module of another program's format: `read(path)` gives an Imported."""
        return importlib.import_module(f"engine.formats.{self.name}")


def _is_schema(data: bytes) -> bool:
    return bool(_SCHEMA.match(data))


# ONNX's own text, JSON, and protobuf text: the version of the format stands at the begin, or who wrote it.
_ONNX_TEXT = re.compile(
    rb"""\s*+(?://[^\n]*\n\s*+)*+ (?:
      < [^>]{0,2000} \bir_version\s*: | \{ [^{}]* "(?:irVersion|opsetImport)"
    | (?:\#[^\n]*\n\s*+)*+ (?: ir_version\s*:\s*\d | opset_import\s*(?::\s*)?[{<\[] | producer_name\s*: )
    )""",
    re.VERBOSE,
)


def _is_onnx(data: bytes) -> bool:
    # ModelProto: field 1, ir_version, a small number; then a text (2 to 4, producer), opset_import (8) or the graph (7)
    is_binary = len(data) > 2 and data[0] == 0x08 and 0 < data[1] < 0x20 and data[2] in (0x12, 0x1A, 0x22, 0x3A, 0x42)
    return is_binary or bool(_ONNX_TEXT.match(data))


def _is_caffe(data: bytes) -> bool:
    from engine.formats.caffe.recognition import begins

    return begins(data)


def _is_caffe2(data: bytes) -> bool:
    from engine.formats.caffe2.recognition import begins

    return begins(data)


def _is_mxnet(data: bytes) -> bool:
    # NDArray lists begin with 0x112; a symbol is JSON whose first list is that of its nodes
    return data.startswith(_ARRAYS) or bool(_SYMBOL.match(data))


def _is_pytorch(data: bytes) -> bool:
    return data.startswith(b'"""') and b"load_state_dict" in data


FORMATS = {
    row.name: row
    for row in (
        Format(NATIVE, "Netwright schema", (".txtpb",), _is_schema, reads=True, writes=True),
        Format("onnx", "ONNX", (".onnx",), _is_onnx, reads=True, writes=True),
        Format("caffe", "Caffe", (".prototxt", ".caffemodel"), _is_caffe, reads=True, writes=True),
        Format("caffe2", "Caffe2", (".pb", ".pbtxt"), _is_caffe2, reads=True),
        Format("mxnet", "MXNet", (".json", ".params"), _is_mxnet, reads=True, writes=True),
        Format("pytorch", "PyTorch", (".py",), _is_pytorch, writes=True),
    )
}


def format_named(name: str) -> Format:
    """The format `name`. Raises NetwrightError."""
    found = FORMATS.get(name)
    if found is None:
        raise NetwrightError(f"there is no format {name}", hint=f"there are: {', '.join(FORMATS)}")
    return found


def format_of(data: bytes) -> Format | None:
    """The format of a file that begins with `data`."""
    return next((row for row in FORMATS.values() if row.begins(data)), None)


def format_for(path: Path) -> Format | None:
    """The format whose files end as `path` does."""
    return next((row for row in FORMATS.values() if path.suffix.lower() in row.extensions), None)
