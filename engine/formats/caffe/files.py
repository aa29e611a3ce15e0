"""A net as two files, `.prototxt` and `.caffemodel`, written and read back."""

from __future__ import annotations

import errno
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import NetwrightError
from engine.formats.caffe import binary, textual
from engine.formats.caffe.blobs import array_of
from engine.formats.caffe.message import Declared, Message, declared, words_of
from engine.formats.wire import BYTES, EIGHT, FOUR, VARINT, written, written_varint
from engine.schema.files import replace_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Arrays = Mapping[str, list[NDArray[Any]]]


def write(place: Path, net: Message, arrays: Arrays, *, force: bool = True) -> tuple[Path, ...]:
    """Both files. Raises NetwrightError where they do not read back as meant, and FileExistsError unless forced."""
    import numpy as np

    beside = place.with_suffix(".caffemodel")
    if beside.exists() and not force:
        raise FileExistsError(errno.EEXIST, "is there already; --force writes over it", str(beside))
    text, content = textual.written(net), encoded(net, arrays)
    if textual.text_of(textual.message_of(text, "NetParameter", place)) != textual.text_of(net):
        raise NetwrightError("the text does not read back as it was meant", file=str(place))
    read = {layer.get("name"): layer for layer in binary.message_of(content, "NetParameter", beside).all("layer")}
    for name, blobs in arrays.items():
        found = [array_of(blob, name) for blob in read[name].all("blobs")]
        if not all(map(np.array_equal, found, blobs)) or len(found) != len(blobs):
            raise NetwrightError("its weights do not read back as they were meant", node=name, file=str(beside))
    replace_file(place, text.encode())
    replace_file(beside, content)
    return place, beside


def encoded(net: Message, arrays: Arrays) -> bytes:
    """The net in protobuf's wire format, each layer with its blobs."""
    head = _fields(net.without("layer"))
    layers = (_fields(layer) + _blobs(arrays.get(layer.get("name"), [])) for layer in net.all("layer"))
    return head + b"".join(written(100, BYTES, layer) for layer in layers)


def _blobs(arrays: list[NDArray[Any]]) -> bytes:
    number = declared("LayerParameter")["blobs"].number
    return b"".join(written(number, BYTES, _blob(array)) for array in arrays)


def _blob(array: NDArray[Any]) -> bytes:
    dims = b"".join(map(written_varint, array.shape))
    return written(7, BYTES, written(1, BYTES, dims)) + written(5, BYTES, array.astype("<f4").tobytes())


def _fields(message: Message) -> bytes:
    known = declared(message.type)
    return b"".join(_field(known[name], value) for name, values in message.fields.items() for value in values)


def _field(field: Declared, value: Any) -> bytes:
    if isinstance(value, Message):
        return written(field.number, BYTES, _fields(value))
    if field.is_enum:
        return written(field.number, VARINT, written_varint(words_of(field.type)[value]))
    if field.type == "string":
        return written(field.number, BYTES, value.encode())
    if field.type in ("float", "double"):
        single = field.type == "float"
        return written(field.number, FOUR if single else EIGHT, struct.pack("<f" if single else "<d", value))
    return written(field.number, VARINT, written_varint(int(value)))
