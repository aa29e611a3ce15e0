"""Sizes and curves of the drawing: boxes, ports, wires and the grid, in pixels at 100 %."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

from engine.layers.base import Slot

WIDTH, HEIGHT, FOLDED = 240.0, 44.0, 28.0
ROW, COLUMN = 72.0, 272.0
SNAP, FINE, DOTS = 8.0, 4.0, 24.0
CORNER, PORT = 8.0, 4.0
MORE = WIDTH - 20.0
"""Where the port stands that takes one more wire into a slot for many."""


class Port(NamedTuple):
    """An end for wires on a box: an input on top (with its slot) or an output below."""

    side: str  # "in" or "out"
    number: int  # of outputs: which; of inputs: the place among the node's inputs, -1 while free
    slot: str
    x: float
    free: bool = True
    optional: bool = False
    more: bool = False


@cache
def input_ports(slots: tuple[Slot, ...], wired: tuple[str, ...]) -> tuple[Port, ...]:
    """The ports on top of a box, for the slots of its layer and the slot of each wire into it."""
    spread: list[tuple[str, int, bool]] = []
    more: list[Port] = []
    for slot in slots:
        places = [place for place, name in enumerate(wired) if name == slot.name]
        spread += [(slot.name, place, slot.optional) for place in places or [-1]]
        if slot.many and places:
            more.append(Port("in", -1, slot.name, MORE, True, True, True))
    known = {slot.name for slot in slots}
    spread += [(name, place, False) for place, name in enumerate(wired) if name not in known]
    step = WIDTH / (len(spread) + 1)
    ports = [
        Port("in", place, name, round(step * (i + 1)), place < 0, optional)
        for i, (name, place, optional) in enumerate(spread)
    ]
    return (*ports, *more)


@cache
def output_ports(count: int) -> tuple[Port, ...]:
    """The ports below a box with `count` outputs."""
    step = WIDTH / (count + 1)
    return tuple(Port("out", i, "", round(step * (i + 1))) for i in range(count))


def wire_path(start: QPointF, points: tuple[QPointF, ...], end: QPointF) -> QPainterPath:
    """The curve from an output at `start` through `points` to an input at `end`, leaving and arriving upright."""
    path = QPainterPath(start)
    for a, b in zip((start, *points), (*points, end), strict=True):
        bend(path, a, b)
    return path


def bend(path: QPainterPath, a: QPointF, b: QPointF) -> None:
    """Lead `path` from `a`, where it is, to `b`: straight where that is straight down, else in an S."""
    if a.x() == b.x() and b.y() >= a.y():
        path.lineTo(b)
        return
    fall = b.y() - a.y()
    reach = min(max(fall * 0.5, 16.0), 96.0) if fall >= 0 else min(32.0 - fall * 0.5, 160.0)
    path.cubicTo(QPointF(a.x(), a.y() + reach), QPointF(b.x(), b.y() - reach), b)


def snapped(value: float, step: float = SNAP) -> float:
    """`value` on the nearest line of the grid."""
    return round(value / step) * step


def around(point: QPointF, reach: float) -> QRectF:
    """The square around `point`."""
    return QRectF(point.x() - reach, point.y() - reach, 2 * reach, 2 * reach)
