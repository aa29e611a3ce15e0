"""Paints frames and stickies, which lie under wires and nodes."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from canvas.geometry import CORNER
from canvas.sheet import BLOCKS, Sheet
from canvas.style import SECONDARY, TEXT, faded, font
from engine.drawing import Frame, Sticky

STICKY = QRectF(0, 0, 200, 88)


class FrameSheet(Sheet):
    """The lowest sheet: what the author wrote and drew around nodes."""

    def draw(self, painter: QPainter, exposed: QRectF, zoom: float) -> None:
        drawing = self.board.picture.drawing
        for frame in drawing.frames:
            self._draw_frame(painter, frame, zoom)
        for sticky in drawing.stickies:
            self._draw_sticky(painter, sticky, zoom)

    def _draw_frame(self, painter: QPainter, frame: Frame, zoom: float) -> None:
        chosen = QColor(frame.color)
        colour = chosen if chosen.isValid() else self.board.look.faint
        painter.setPen(QPen(faded(colour, 0.6), 1))
        painter.setBrush(faded(colour, 0.08))
        painter.drawRoundedRect(QRectF(frame.x, frame.y, frame.width, frame.height), CORNER, CORNER)
        if zoom >= BLOCKS:
            painter.setPen(self.board.look.secondary)
            painter.setFont(font(TEXT, bold=True))
            painter.drawText(QPointF(frame.x + 12, frame.y + 22), frame.title)

    def _draw_sticky(self, painter: QPainter, sticky: Sticky, zoom: float) -> None:
        rect = STICKY.translated(sticky.x, sticky.y)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(faded(self.board.look.warning, 0.16))
        painter.drawRoundedRect(rect, 4, 4)
        if zoom >= BLOCKS:
            painter.setPen(self.board.look.text)
            painter.setFont(font(SECONDARY))
            painter.drawText(rect.adjusted(10, 8, -10, -8), Qt.TextFlag.TextWordWrap, sticky.text)
