"""Paints over everything what comes and goes: the gesture under way, the port under the mouse, the ghost of a drop."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from canvas.board import Board
from canvas.geometry import CORNER, PORT
from canvas.gestures import Gesture
from canvas.sheet import TITLES, Sheet
from canvas.stamps import draw_box_port
from canvas.style import TEXT, faded, font


class Overlay(Sheet):
    """The uppermost sheet."""

    def __init__(self, board: Board) -> None:
        super().__init__(board)
        self.gesture: Gesture | None = None
        self.ghost: tuple[QRectF, str, str] | None = None
        """Where a dragged layer would stand, its family and its name."""

    def draw(self, painter: QPainter, exposed: QRectF, zoom: float) -> None:
        if self.gesture is not None:
            self.gesture.paint(painter, zoom)
        elif self.board.port is not None and zoom >= TITLES:
            name, port = self.board.port
            box = self.board.picture.boxes.get(name)
            if box is not None:
                draw_box_port(painter, self.board.look, box, port, PORT + 2, self.board.look.accent)
        if self.ghost is not None:
            self._draw_ghost(painter, *self.ghost)

    def _draw_ghost(self, painter: QPainter, rect: QRectF, family: str, name: str) -> None:
        look = self.board.look
        painter.setPen(QPen(look.family(family), 1.5, Qt.PenStyle.DashLine))
        painter.setBrush(faded(look.raised, 0.7))
        painter.drawRoundedRect(rect, CORNER, CORNER)
        painter.setPen(look.text)
        painter.setFont(font(TEXT, bold=True))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, name)
