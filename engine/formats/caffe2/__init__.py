"""Caffe2: predict_net and init_net, in protobuf's text and in its binary form."""

from __future__ import annotations

from pathlib import Path

from engine.formats.imported import Imported


def read(path: Path) -> Imported:
    """A net with the weights that lie beside it. Raises Unreadable and SchemaError."""
    from engine.formats.caffe2.reading import read as read_net

    return read_net(path)
