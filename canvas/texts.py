"""The words on a box, cut to fit and measured once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF

from canvas.geometry import WIDTH
from canvas.style import SECONDARY, SMALL, TEXT, font
from engine.layers.base import Signal
from engine.layers.unknown import Unknown
from engine.node import Node

LEFT, RIGHT = 44.0, 12.0
BESIDE = 18.0
"""Of the room between two ports what no shape stands in."""


@dataclass(frozen=True)
class Texts:
    """Name, layer and the parameters that matter, as they fit on a box."""

    name: str
    layer: str
    brief: str
    brief_width: float
    labels: tuple[str, ...]
    """The shape of every output, as it stands beside its wire; of several cut to the room between their ports."""


def texts_of(node: Node, outputs: tuple[Signal, ...]) -> Texts:
    """The words on the box of `node`."""
    room = WIDTH - LEFT - RIGHT
    brief = _cut(node.layer.brief() if node.state == "active" else node.state, SECONDARY, room * 0.55, mono=True)
    width = _width(brief, SECONDARY, mono=True)
    left = room - width - (8 if brief else 0)
    return Texts(
        name=_cut(node.name, TEXT, left, bold=True),
        layer=_cut(layer_text(node), SECONDARY, left),
        brief=brief,
        brief_width=width,
        labels=tuple(_label(signal, len(outputs)) if signal.shape else "" for signal in outputs),
    )


def _label(signal: Signal, count: int) -> str:
    text = shape_text(signal)
    room = WIDTH / (count + 1) - BESIDE
    return text if count == 1 else _metrics(SMALL, False, True).elidedText(text, Qt.TextElideMode.ElideRight, room)


def layer_text(node: Node) -> str:
    """What a node's layer is called on screen."""
    if isinstance(node.layer, Unknown):
        return f"{node.layer.type or 'unknown'} ({node.layer.format})"
    return type(node.layer).__name__


def shape_text(signal: Signal) -> str:
    """A shape as it stands beside a wire: `20 × 24 × 24`."""
    return " × ".join("any" if axis < 0 else f"{axis:,}" for axis in signal.shape) or "one number"


@lru_cache(maxsize=4096)
def title_text(name: str, width: int, size: int) -> str:
    """`name` cut to `width` pixels, for a box seen from some distance."""
    return _cut(name, size, width)


@lru_cache(maxsize=16)
def _metrics(size: int, bold: bool, mono: bool) -> QFontMetricsF:
    return QFontMetricsF(font(size, bold, mono))


@lru_cache(maxsize=4096)
def _cut(text: str, size: int, width: float, bold: bool = False, mono: bool = False) -> str:
    return _metrics(size, bold, mono).elidedText(text, Qt.TextElideMode.ElideMiddle, width)


@lru_cache(maxsize=4096)
def _width(text: str, size: int, bold: bool = False, mono: bool = False) -> float:
    return _metrics(size, bold, mono).horizontalAdvance(text)


def label_width(text: str) -> float:
    """How wide a shape beside a wire is."""
    return _width(text, SMALL, mono=True)
