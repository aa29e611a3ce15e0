"""All ways to add a layer: asked for at the cursor, dropped, chosen in the palette, at the end of a wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF

from canvas import edits
from canvas.geometry import HEIGHT, ROW, WIDTH, snapped
from canvas.legal import Held, may_follow
from canvas.picture import Box, WireKey
from canvas.placing import free_spot
from canvas.quickadd import QuickAdd
from canvas.search import Choice
from engine.layers import CATALOGUE, Layer
from engine.model import Model
from engine.node import Link

if TYPE_CHECKING:
    from canvas.view import Canvas


class Adding:
    """Adds layers to the drawing, each as one step."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._popup: QuickAdd | None = None
        self._at = QPointF()
        self._held: Held | None = None
        self._wire: WireKey | None = None

    def ask(self, at: QPointF, held: Held | None = None, wire: WireKey | None = None) -> None:
        """Ask which layer shall stand at a point: any, one for the end of a held wire, or one to put into a wire."""
        self._at, self._held, self._wire = at, held, wire
        if self._popup is None:
            self._popup = QuickAdd(self._canvas, self._canvas.board.look)
            self._popup.chosen.connect(self._chosen)
        self._popup.set_look(self._canvas.board.look)
        screen = self._canvas.viewport().mapToGlobal(self._canvas.mapFromScene(at))
        self._popup.begin(screen, self._suits, _hint(held, wire))

    def at(self, layer: type[Layer], corner: QPointF, wire: WireKey | None = None) -> None:
        """Add a layer with its upper left there, into a wire if there is one."""
        model, name = edits.add(self._canvas.settled, layer.fresh(), corner.x(), corner.y())
        if wire is not None:
            model = edits.insert(model, wire, name)
        self._canvas.offer(f"Add {name}", model, select=(name,))

    def below(self, spelling: str) -> None:
        """Add the layer of that name below the selected node and wire them, or where there is room."""
        found = CATALOGUE.get(spelling)
        if found is None or not issubclass(found, Layer):
            self._canvas.refuse(f"There is no layer {spelling!r}")
            return
        layer = found.fresh()
        box = self._single()
        spots = self._canvas.board.picture.places()
        wanted = (box.spot.x, box.spot.y + ROW) if box is not None else self._middle()
        model, name = edits.add(self._canvas.settled, layer, *free_spot(spots, *wanted))
        if box is not None and box.outputs and may_follow(layer, box.output(0)):
            model = edits.connect(model, Link(box.name, 0, layer.SLOTS[0].name), name)
        self._canvas.offer(f"Add {name}", model, select=(name,))
        self._canvas.bring_into_view(name)

    def _single(self) -> Box | None:
        chosen = self._canvas.selection
        return self._canvas.board.picture.boxes.get(chosen[0]) if len(chosen) == 1 else None

    def _middle(self) -> tuple[float, float]:
        middle = self._canvas.visible.center()
        return snapped(middle.x() - WIDTH / 2), snapped(middle.y() - HEIGHT / 2)

    def _suits(self, choice: Choice) -> bool:
        layer = choice.layer.fresh()
        if self._wire is not None:
            wire = self._canvas.board.picture.wires[self._wire]
            return layer.FAMILY != "loss" and may_follow(layer, wire.signal)
        if self._held is None:
            return True
        if self._held.port.side == "out":
            return may_follow(layer, self._canvas.board.picture.boxes[self._held.name].output(self._held.port.number))
        if layer.SLOTS:
            return layer.FAMILY != "loss" and self._held.port.slot != "target"
        return self._held.suits_source(layer.outputs())

    def _chosen(self, layer: type[Layer]) -> None:
        if self._held is None:
            corner = QPointF(snapped(self._at.x() - WIDTH / 2), snapped(self._at.y() - HEIGHT / 2))
            self.at(layer, corner, self._wire)
        else:
            self._at_end(self._held, layer.fresh())

    def _at_end(self, held: Held, layer: Layer) -> None:
        """Add a layer where a held wire was let go, with its port there."""
        x = snapped(self._at.x() - WIDTH / 2)
        y = snapped(self._at.y() - (HEIGHT if held.port.side == "in" else 0))
        model, name = edits.add(self._canvas.settled, layer, x, y)
        self._canvas.offer(f"Add {name}", _wired(model, held, name, layer), select=(name,))


def _wired(model: Model, held: Held, name: str, layer: Layer) -> Model:
    if held.port.side == "in":
        return edits.connect(model, Link(name, 0, held.port.slot), held.name)
    return edits.connect(model, Link(held.name, held.port.number, layer.SLOTS[0].name), name)


def _hint(held: Held | None, wire: WireKey | None) -> str:
    if wire is not None:
        return "Insert a layer into the wire"
    if held is None:
        return ""
    return f"A layer after {held.name}" if held.port.side == "out" else f"A layer before {held.name}"
