"""Moving boxes, and the points that wires pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter

from canvas import edits
from canvas.geometry import HEIGHT, WIDTH, snapped
from canvas.gestures.base import Button, Gesture, Key, Pointer
from canvas.hits import BoxHit, PointHit, wire_at
from canvas.picture import WireKey

if TYPE_CHECKING:
    from canvas.view import Canvas


class MoveNodes(Gesture):
    """A click selects, a drag moves on the grid (Alt: freely); a lone node dropped on a wire goes into it."""

    CURSOR = Qt.CursorShape.SizeAllCursor

    @classmethod
    def begins(cls, canvas: Canvas, press: Pointer) -> bool:
        return press.button == Button.LeftButton and isinstance(press.hit, BoxHit)

    def __init__(self, canvas: Canvas, press: Pointer) -> None:
        super().__init__(canvas, press)
        assert isinstance(press.hit, BoxHit)
        self._name = press.hit.name
        self._was_selected = self._name in canvas.board.selected
        self._copies = self._was_selected and press.holds(Key.AltModifier)
        self._adds = press.holds(Key.ShiftModifier) or press.holds(Key.ControlModifier)
        if not self._was_selected:
            canvas.choose((*canvas.selection, self._name) if self._adds else (self._name,))
        spots = canvas.board.picture.places()
        self._start = {name: (spots[name].x, spots[name].y) for name in canvas.selection if not spots[name].pinned}
        self._by = (0.0, 0.0)

    def drag(self, at: Pointer) -> None:
        by = self._distance(at)
        if by == self._by:
            return
        self.canvas.shift(self._start, by[0] - self._by[0], by[1] - self._by[1])
        self._by = by
        self.canvas.hover_wire(None if at.holds(Key.AltModifier) else self._wire_under(at))

    def _distance(self, at: Pointer) -> tuple[float, float]:
        """How far the held box is from where it stood, with its corner on the grid."""
        free = at.scene - self.press.scene
        if at.holds(Key.AltModifier) and not self._copies:
            return free.x(), free.y()
        x, y = self._start.get(self._name, (0.0, 0.0))
        return snapped(x + free.x()) - x, snapped(y + free.y()) - y

    def _wire_under(self, at: Pointer) -> WireKey | None:
        if len(self._start) != 1:
            return None
        spot = self.canvas.board.picture.boxes[self._name].spot
        middle = QPointF(spot.x + WIDTH / 2, spot.y + HEIGHT / 2)
        wire = wire_at(self.canvas.board.picture, middle, HEIGHT / 2)
        return wire.key if wire is not None and edits.can_insert(self.canvas.model, wire.key, self._name) else None

    def drop(self, at: Pointer) -> None:
        wire, by = self.canvas.board.hovered, self._by
        self.cancel()
        if by == (0.0, 0.0):
            return
        where = {name: (x + by[0], y + by[1]) for name, (x, y) in self._start.items()}
        if self._copies:
            self.canvas.duplicate(by)
        elif wire is not None:
            moved = edits.move(self.canvas.settled, where)
            self.canvas.offer(f"Insert {self._name}", edits.insert(moved, wire, self._name))
        else:
            self.canvas.offer(f"Move {self.canvas.spoken(where)}", edits.move(self.canvas.settled, where))

    def click(self, at: Pointer) -> None:
        if not self._was_selected:
            return
        if self._adds:
            self.canvas.choose(tuple(name for name in self.canvas.selection if name != self._name))
        else:
            self.canvas.choose((self._name,))

    def cancel(self) -> None:
        self.canvas.shift(self._start, -self._by[0], -self._by[1])
        self.canvas.hover_wire(None)
        self._by = (0.0, 0.0)


class MovePoint(Gesture):
    """Drags a point that a wire passes."""

    CURSOR = Qt.CursorShape.SizeAllCursor

    @classmethod
    def begins(cls, canvas: Canvas, press: Pointer) -> bool:
        return press.button == Button.LeftButton and isinstance(press.hit, PointHit)

    def __init__(self, canvas: Canvas, press: Pointer) -> None:
        super().__init__(canvas, press)
        assert isinstance(press.hit, PointHit)
        self._key, self._number = press.hit.wire, press.hit.number
        self._at = press.scene

    def drag(self, at: Pointer) -> None:
        free = at.holds(Key.AltModifier)
        self._at = at.scene if free else QPointF(snapped(at.scene.x()), snapped(at.scene.y()))
        self.canvas.repaint_overlay()

    def drop(self, at: Pointer) -> None:
        points = [(p.x(), p.y()) for p in self.canvas.board.picture.wires[self._key].points]
        points[self._number] = (self._at.x(), self._at.y())
        self.canvas.offer("Move a point of a wire", edits.bend(self.canvas.settled, self._key, points))

    def click(self, at: Pointer) -> None:
        self.canvas.choose_wire(self._key)

    def paint(self, painter: QPainter, zoom: float) -> None:
        painter.setBrush(self.canvas.board.look.accent)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawEllipse(self._at, 4, 4)
