"""ONNX files read: binary, protobuf text, ONNX text and JSON become a model with its weights."""

from __future__ import annotations

from pathlib import Path

from engine.formats.imported import Imported
from engine.formats.onnx.reading.files import load
from engine.formats.onnx.reading.graph import imported

__all__ = ["read"]


def read(path: Path) -> Imported:
    """A file as a model. Raises Unreadable."""
    return imported(load(path), path)
