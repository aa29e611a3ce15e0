"""What the mouse is over: a port, a box, a point of a wire, a wire, or nothing."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath, QPainterPathStroker

from canvas.geometry import PORT, Port, around
from canvas.picture import Box, Picture, Wire, WireKey

NEAR = 7.0
"""Screen pixels within which a port or wire is met."""


@dataclass(frozen=True)
class PortHit:
    """A port of a box."""

    name: str
    port: Port


@dataclass(frozen=True)
class BoxHit:
    """A box; `title`: on its name."""

    name: str
    title: bool = False


@dataclass(frozen=True)
class PointHit:
    """A point that a wire passes."""

    wire: WireKey
    number: int


@dataclass(frozen=True)
class WireHit:
    """A wire."""

    wire: WireKey


Hit = PortHit | BoxHit | PointHit | WireHit | None


def hit(picture: Picture, at: QPointF, zoom: float, *, ports: bool = True) -> Hit:
    """What is at a point of the scene, the uppermost first."""
    reach = NEAR / zoom
    near = [*picture.boxes_near(around(at, reach))][::-1]
    if ports:
        found = _port(near, at, max(min(reach, 12.0), PORT + 2))
        if found is not None:
            return found
    for box in near:
        if box.rect.contains(at):
            return BoxHit(box.name, title=QRectF(box.spot.x + 40, box.spot.y + 4, 110, 18).contains(at))
    return _wire(picture, at, reach)


def wire_at(picture: Picture, at: QPointF, reach: float) -> Wire | None:
    """The wire within `reach` of a point."""
    square = around(at, reach)
    for wire in picture.wires_near(square):
        if wire.reach.intersects(square) and stroked(wire, reach).contains(at):
            return wire
    return None


def stroked(wire: Wire, reach: float) -> QPainterPath:
    """The outline of a wire as thick as the hand is exact."""
    stroker = QPainterPathStroker()
    stroker.setWidth(2 * reach)
    return stroker.createStroke(wire.path)


def _port(near: list[Box], at: QPointF, reach: float) -> PortHit | None:
    best, nearest = None, reach
    for box in near:
        for port in box.ports:
            away = (box.at(port) - at).manhattanLength()
            if away <= nearest:
                best, nearest = PortHit(box.name, port), away
    return best


def _wire(picture: Picture, at: QPointF, reach: float) -> PointHit | WireHit | None:
    for wire in picture.wires_near(around(at, reach)):
        for number, point in enumerate(wire.points):
            if (point - at).manhattanLength() <= reach:
                return PointHit(wire.key, number)
    found = wire_at(picture, at, reach)
    return WireHit(found.key) if found is not None else None
