"""Layers dragged on to the canvas from elsewhere, with a ghost of the box they would become."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QPointF, QRectF

from canvas.geometry import HEIGHT, WIDTH, snapped
from canvas.hits import wire_at
from canvas.picture import WireKey
from engine.layers import CATALOGUE, Layer

if TYPE_CHECKING:
    from canvas.view import Canvas

LAYER = "application/x-netwright-layer"
"""The kind of data that a dragged layer is: its name in the schema, as UTF-8."""


def mime_of(spelling: str) -> QMimeData:
    """A layer as what is dragged."""
    data = QMimeData()
    data.setData(LAYER, spelling.encode())
    return data


def layer_in(data: QMimeData) -> type[Layer] | None:
    """The layer that is dragged, if it is one."""
    if not data.hasFormat(LAYER):
        return None
    found = CATALOGUE.get(bytes(data.data(LAYER).data()).decode())
    return found if found is not None and issubclass(found, Layer) else None


class Drops:
    """What happens while a layer is dragged over the canvas."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas

    def over(self, data: QMimeData, at: QPointF) -> bool:
        """Show where the layer would go; whether it is one."""
        layer = layer_in(data)
        if layer is None:
            return False
        ghost = _box_around(at)
        self._canvas.show_ghost((ghost, layer.FAMILY, layer.__name__))
        self._canvas.hover_wire(self._wire_under(at, layer))
        return True

    def leave(self) -> None:
        """Nothing is dragged any more."""
        self._canvas.show_ghost(None)
        self._canvas.hover_wire(None)

    def drop(self, data: QMimeData, at: QPointF) -> bool:
        """Add the layer there, into a wire if there is one; whether it is one."""
        layer = layer_in(data)
        self.leave()
        if layer is None:
            return False
        self._canvas.adding.at(layer, _box_around(at).topLeft(), wire=self._wire_under(at, layer))
        return True

    def _wire_under(self, at: QPointF, layer: type[Layer]) -> WireKey | None:
        if not layer.SLOTS or layer.FAMILY == "loss":
            return None
        wire = wire_at(self._canvas.board.picture, at, HEIGHT / 2)
        return wire.key if wire is not None else None


def _box_around(at: QPointF) -> QRectF:
    return QRectF(snapped(at.x() - WIDTH / 2), snapped(at.y() - HEIGHT / 2), WIDTH, HEIGHT)
