"""Wires in the hand: drawn from either end, moved, broken, cut, chosen."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from canvas import edits
from canvas.geometry import CORNER, PORT, Port, bend
from canvas.gestures.base import Button, Gesture, Key, Pointer
from canvas.hits import BoxHit, PortHit, WireHit, hit
from canvas.legal import Held
from canvas.picture import Box, WireKey
from canvas.stamps import draw_box_port
from canvas.style import faded
from canvas.wires import THICKNESS, pen

if TYPE_CHECKING:
    from canvas.view import Canvas

GLOW, REACH = 3.0, 14.0


class HoldWire(Gesture):
    """A wire from a port to wherever it is let go; from a wired input its end comes along."""

    CURSOR = Qt.CursorShape.CrossCursor

    @classmethod
    def begins(cls, canvas: Canvas, press: Pointer) -> bool:
        return press.button == Button.LeftButton and isinstance(press.hit, PortHit)

    def __init__(self, canvas: Canvas, press: Pointer) -> None:
        super().__init__(canvas, press)
        assert isinstance(press.hit, PortHit)
        self._held = _held(canvas, press.hit)
        box = canvas.board.picture.boxes[self._held.name]
        self._fixed = box.at(self._held.port)
        self._end = press.scene
        self._target: tuple[str, Port] | None = None
        self._refusal = ""

    def drag(self, at: Pointer) -> None:
        self._end = at.scene
        self._target, self._refusal = self._aim(at.scene)
        if self._target is not None:
            name, port = self._target
            self._end = self.canvas.board.picture.boxes[name].at(port)
        self.canvas.explain(self._refusal, at.view)
        self.canvas.repaint_overlay()

    def drop(self, at: Pointer) -> None:
        self.canvas.explain("", at.view)
        target, refusal = self._aim(at.scene)
        if target is not None:
            self._connect(*target)
        elif refusal:
            self.canvas.refuse(refusal)
        elif self._held.moved is not None:
            self.canvas.disconnect_wires([self._held.moved])
        else:
            self.canvas.adding.ask(at.scene, held=self._held)

    def click(self, at: Pointer) -> None:
        hit = self.press.hit
        assert isinstance(hit, PortHit)
        self.canvas.choose((hit.name,))

    def cancel(self) -> None:
        self.canvas.explain("", self.press.view)

    def _aim(self, at: QPointF) -> tuple[tuple[str, Port] | None, str]:
        """The port that letting go here would connect, or why none; neither over empty canvas."""
        picture = self.canvas.board.picture
        found = hit(picture, at, self.canvas.zoom / 2)
        if isinstance(found, PortHit) and found.port.side == self._held.seeks:
            refusal = self._held.refusal(found.name, found.port)
            return (None, refusal) if refusal else ((found.name, found.port), "")
        if isinstance(found, (PortHit, BoxHit)):
            if found.name == self._held.name and (at - self._fixed).manhattanLength() < 2 * REACH:
                return None, "let go over another node"
            port, refusal = self._held.best(found.name, picture.boxes[found.name].ports)
            return ((found.name, port), "") if port is not None else (None, refusal)
        return None, ""

    def _connect(self, name: str, port: Port) -> None:
        link, target = self._held.link_to(name, port)
        model = self.canvas.settled
        if self._held.moved is not None:
            if (target, port.number) == self._held.moved:
                return
            edited = edits.reconnect(model, self._held.moved, target, link.slot)
            self.canvas.offer(f"Move the wire from {link.node} to {target}", edited)
        else:
            self.canvas.offer(f"Connect {link.node} to {target}", edits.connect(model, link, target))

    def paint(self, painter: QPainter, zoom: float) -> None:
        look = self.canvas.board.look
        for box in self.canvas.board.picture.boxes_near(self.canvas.visible):
            self._paint_box(painter, box)
        if not self.dragged:
            return
        start, end = (self._fixed, self._end) if self._held.port.side == "out" else (self._end, self._fixed)
        path = QPainterPath(start)
        bend(path, start, end)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        style = Qt.PenStyle.SolidLine if self._target else Qt.PenStyle.DashLine
        painter.setPen(pen(look.error if self._refusal else look.accent, THICKNESS + 0.5, style))
        painter.drawPath(path)

    def _paint_box(self, painter: QPainter, box: Box) -> None:
        """Ports that the wire may end at grow and glow; boxes without any step back."""
        look = self.canvas.board.look
        legal = [p for p in box.ports if p.side == self._held.seeks and not self._held.refusal(box.name, p)]
        if not legal and box.name != self._held.name:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(faded(look.canvas, 0.6))
            painter.drawRoundedRect(box.rect.adjusted(-5, -5, 5, 5), CORNER, CORNER)
        for port in legal:
            aimed = self._target == (box.name, port)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(faded(look.accent, 0.45 if aimed else 0.22))
            painter.drawEllipse(box.at(port), PORT + 2 * GLOW, PORT + 2 * GLOW)
            draw_box_port(painter, look, box, port, PORT + (GLOW if aimed else 1), look.accent)


def _held(canvas: Canvas, hit: PortHit) -> Held:
    """The wire that pressing a port takes: of a wired input the one that is there, else a new one."""
    wire = canvas.board.picture.wires.get((hit.name, hit.port.number))
    if hit.port.side == "in" and wire is not None:
        fixed = wire.source.outputs[wire.link.output]
        return Held(canvas.model, canvas.report, wire.source.name, fixed, moved=wire.key)
    return Held(canvas.model, canvas.report, hit.name, hit.port)


class BreakWires(Gesture):
    """Alt and click on a port: all its wires go."""

    @classmethod
    def begins(cls, canvas: Canvas, press: Pointer) -> bool:
        return HoldWire.begins(canvas, press) and press.holds(Key.AltModifier)

    def click(self, at: Pointer) -> None:
        hit = self.press.hit
        assert isinstance(hit, PortHit)
        picture = self.canvas.board.picture
        self.canvas.disconnect_wires(
            [
                wire.key
                for wire in picture.wires_of(hit.name)
                if _is_at(wire.key, wire.link.output, wire.source.name, hit)
            ]
        )


def _is_at(key: WireKey, output: int, source: str, hit: PortHit) -> bool:
    if hit.port.side == "in":
        return key == (hit.name, hit.port.number)
    return source == hit.name and output == hit.port.number


class ChooseWire(Gesture):
    """A click on a wire selects it."""

    @classmethod
    def begins(cls, canvas: Canvas, press: Pointer) -> bool:
        return press.button == Button.LeftButton and isinstance(press.hit, WireHit)

    def click(self, at: Pointer) -> None:
        assert isinstance(self.press.hit, WireHit)
        self.canvas.choose_wire(self.press.hit.wire)


class CutWires(Gesture):
    """Ctrl and drag with the right button: a knife through wires."""

    CURSOR = Qt.CursorShape.CrossCursor

    @classmethod
    def begins(cls, canvas: Canvas, press: Pointer) -> bool:
        return press.button == Button.RightButton and press.holds(Key.ControlModifier)

    def __init__(self, canvas: Canvas, press: Pointer) -> None:
        super().__init__(canvas, press)
        self._cut = QPainterPath(press.scene)

    def drag(self, at: Pointer) -> None:
        self._cut.lineTo(at.scene)
        self.canvas.repaint_overlay()

    def drop(self, at: Pointer) -> None:
        near = self.canvas.board.picture.wires_near(self._cut.boundingRect())
        self.canvas.disconnect_wires([wire.key for wire in near if _crosses(self._cut, wire.path)])

    def click(self, at: Pointer) -> None:
        self.canvas.open_menu(self.press)

    def paint(self, painter: QPainter, zoom: float) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self.canvas.board.look.error, 1.5 / zoom, Qt.PenStyle.DashLine))
        painter.drawPath(self._cut)


def _crosses(a: QPainterPath, b: QPainterPath) -> bool:
    """Whether two open curves cross, by their short straight pieces."""
    return any(_lines_cross(p, q) for p in _pieces(a) for q in _pieces(b))


def _pieces(path: QPainterPath) -> list[tuple[QPointF, QPointF]]:
    count = max(2, int(path.length() / 12))
    points = [path.pointAtPercent(i / count) for i in range(count + 1)]
    return [*pairwise(points)]


def _lines_cross(a: tuple[QPointF, QPointF], b: tuple[QPointF, QPointF]) -> bool:
    if not QRectF(*a).normalized().adjusted(-1, -1, 1, 1).intersects(QRectF(*b).normalized().adjusted(-1, -1, 1, 1)):
        return False
    return _side(a, b[0]) != _side(a, b[1]) and _side(b, a[0]) != _side(b, a[1])


def _side(line: tuple[QPointF, QPointF], point: QPointF) -> bool:
    start, end = line
    across = (end.x() - start.x()) * (point.y() - start.y()) - (end.y() - start.y()) * (point.x() - start.x())
    return across > 0
