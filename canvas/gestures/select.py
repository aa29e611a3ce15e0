"""Selecting with the mouse: a box or a lasso over empty canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from canvas.gestures.base import Button, Gesture, Key, Pointer
from canvas.style import faded

if TYPE_CHECKING:
    from canvas.view import Canvas


class BoxSelect(Gesture):
    """A rectangle; Shift adds what it touches, Ctrl toggles it."""

    @classmethod
    def begins(cls, canvas: Canvas, press: Pointer) -> bool:
        return press.button == Button.LeftButton and press.hit is None

    def __init__(self, canvas: Canvas, press: Pointer) -> None:
        super().__init__(canvas, press)
        self._before = canvas.selection
        self._region = QPainterPath()

    def drag(self, at: Pointer) -> None:
        self._region = self.region(at)
        rect = self._region.boundingRect()
        near = self.canvas.board.picture.boxes_near(rect)
        self.canvas.preview_selection(self._combined(tuple(b.name for b in near if self._region.intersects(b.rect))))
        self.canvas.repaint_overlay()

    def region(self, at: Pointer) -> QPainterPath:
        """What the gesture spans."""
        path = QPainterPath()
        path.addRect(QRectF(self.press.scene, at.scene).normalized())
        return path

    def drop(self, at: Pointer) -> None:
        self.canvas.choose(self.canvas.selection)

    def click(self, at: Pointer) -> None:
        if not (at.holds(Key.ShiftModifier) or at.holds(Key.ControlModifier)):
            self.canvas.choose(())

    def cancel(self) -> None:
        self.canvas.preview_selection(self._before)

    def paint(self, painter: QPainter, zoom: float) -> None:
        accent = self.canvas.board.look.accent
        painter.setPen(QPen(accent, 1 / zoom))
        painter.setBrush(faded(accent, 0.12))
        painter.drawPath(self._region)

    def _combined(self, met: tuple[str, ...]) -> tuple[str, ...]:
        if self.press.holds(Key.ControlModifier):
            return (*(n for n in self._before if n not in met), *(n for n in met if n not in self._before))
        if self.press.holds(Key.ShiftModifier):
            return tuple(dict.fromkeys((*self._before, *met)))
        return met


class Lasso(BoxSelect):
    """Alt and drag: any outline."""

    CURSOR = Qt.CursorShape.CrossCursor

    @classmethod
    def begins(cls, canvas: Canvas, press: Pointer) -> bool:
        return super().begins(canvas, press) and press.holds(Key.AltModifier)

    def __init__(self, canvas: Canvas, press: Pointer) -> None:
        super().__init__(canvas, press)
        self._outline = QPainterPath(press.scene)

    def region(self, at: Pointer) -> QPainterPath:
        self._outline.lineTo(at.scene)
        closed = QPainterPath(self._outline)
        closed.closeSubpath()
        return closed
