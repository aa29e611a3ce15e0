"""Writes RecordIO and Caffe's LMDB for the tests, by their specifications and by others' libraries."""

import io
import struct
from pathlib import Path

import lmdb
import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from PIL import Image

from engine.data.recordio import MAGIC

NAMES = ("channels", "height", "width", "data", "label", "float_data", "encoded")
INT, FLOAT, BOOL, BYTES = (
    getattr(descriptor_pb2.FieldDescriptorProto, f"TYPE_{name}") for name in ("INT32", "FLOAT", "BOOL", "BYTES")
)
TYPES = (INT, INT, INT, BYTES, INT, FLOAT, BOOL)


def png(pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def packed(content: bytes, label: float | list[float]) -> bytes:
    """IRHeader and content, as the documentation of mx.recordio.pack has it."""
    if isinstance(label, list):
        return struct.pack("<IfQQ", len(label), 0, 0, 0) + struct.pack(f"<{len(label)}f", *label) + content
    return struct.pack("<IfQQ", 0, label, 0, 0) + content


def framed(content: bytes) -> bytes:
    """A record as dmlc's recordio.h writes it: cut at every magic number on a place divisible by four."""
    cuts = [place for place in range(0, len(content) - 3, 4) if content[place : place + 4] == MAGIC]
    starts, stops = [0, *(cut + 4 for cut in cuts)], [*cuts, len(content)]
    kinds = [0] if not cuts else [1, *[2] * (len(cuts) - 1), 3]
    out = b""
    for kind, start, stop in zip(kinds, starts, stops, strict=True):
        piece = content[start:stop]
        out += MAGIC + struct.pack("<I", kind << 29 | len(piece)) + piece + b"\0" * (-len(piece) % 4)
    return out


def _datum():
    """The message Datum of caffe.proto."""
    file = descriptor_pb2.FileDescriptorProto(name="datum.proto", package="caffe", syntax="proto2")
    message = file.message_type.add(name="Datum")
    for number, (name, kind) in enumerate(zip(NAMES, TYPES, strict=True), 1):
        message.field.add(name=name, number=number, type=kind, label=3 if kind == FLOAT else 1)  # 3: repeated
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("caffe.Datum"))


Datum = _datum()


def raw(pixels: np.ndarray, label: int = 0):
    """As convert_imageset writes it: blue first."""
    planes = pixels[..., ::-1].transpose(2, 0, 1)
    return Datum(channels=3, height=len(pixels), width=pixels.shape[1], data=planes.tobytes(), label=label)


def encoded(pixels: np.ndarray, label: int = 0):
    return Datum(data=png(pixels), label=label, encoded=True)


def save_database(path: Path, entries: list) -> Path:
    with lmdb.open(str(path), map_size=2**22) as environment, environment.begin(write=True) as transaction:
        for number, entry in enumerate(entries):
            content = entry if isinstance(entry, bytes) else entry.SerializeToString()
            transaction.put(f"{number:08d}_{'x' * (number % 3)}.jpg".encode(), content)
    return path
